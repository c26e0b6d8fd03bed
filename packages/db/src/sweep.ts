/**
 * What has been left lying: turns and documents that are due and that no living worker holds. Ids only.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { withEngine } from "./transaction.ts";

export interface Stuck {
  [column: string]: unknown;
  workspaceId: string;
  id: string;
}

/** Most rows that one sweep looks at; the next finds the rest. */
const sweepMax = 200;
/** What is due only just now is most likely still on its way through the queue, in seconds. */
const graceSeconds = 3;

/** Turns that should be in somebody's hands and are not. */
export async function findStuckTurns(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from turn
      where state in ('received', 'claimed', 'thinking') and due_at < now() - ${graceSeconds} * interval '1 second'
        and (lease_until is null or lease_until < now())
      order by due_at limit ${sweepMax}`),
  );
}

/** A document that waits in a long queue is not stuck: its queue time is not counted before this many seconds. */
const queueSeconds = 30;

/** Documents on their way that nobody carries. */
export async function findStuckDocuments(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from document
      where status in ('queued', 'parsing', 'chunking', 'embedding')
        and ((lease_until is null and updated_at < now() - ${queueSeconds} * interval '1 second') or lease_until < now())
      order by updated_at limit ${sweepMax}`),
  );
}
