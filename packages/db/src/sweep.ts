/**
 * What has been left lying: turns and documents that are due and that no living worker holds. Ids only.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
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

/** Work of a deleted workspace waits for it to be restored or removed. */
const inUse = (table: SQL) => sql`not exists (select 1 from workspace where id = ${table}.workspace_id and deleted_at is not null)`;

/** Turns that should be in somebody's hands and are not. */
export async function findStuckTurns(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from turn
      where state in ('received', 'claimed', 'thinking') and due_at < now() - ${graceSeconds} * interval '1 second'
        and (lease_until is null or lease_until < now()) and ${inUse(sql`turn`)}
      order by due_at limit ${sweepMax}`),
  );
}

/** A document that waits in a long queue is not stuck: its queue time is not counted before this many seconds. */
const queueSeconds = 30;

/** Documents on their way that nobody carries: not those that wait for their workspace's turn, unless none of it has the turn. */
export async function findStuckDocuments(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from document
      where status in ('queued', 'parsing', 'chunking', 'embedding')
        and ((lease_until is null and updated_at < now() - ${queueSeconds} * interval '1 second') or lease_until < now())
        and (dispatched_at is not null or not exists (
          select 1 from document other where other.workspace_id = document.workspace_id and other.dispatched_at is not null
            and other.status in ('queued', 'parsing', 'chunking', 'embedding')))
        and ${inUse(sql`document`)}
      order by updated_at limit ${sweepMax}`),
  );
}

/** Sources that are to be looked at, and those whose worker has not been heard of. */
export async function findDueSyncs(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from knowledge_source
      where sync_due_at <= now() and (sync_lease_until is null or sync_lease_until < now()) and ${inUse(sql`knowledge_source`)}
      order by sync_due_at limit ${sweepMax}`),
  );
}

/** Evaluations that are under way and that nobody carries. */
export async function findStuckEvaluations(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from evaluation
      where state in ('queued', 'running')
        and ((lease_until is null and updated_at < now() - ${queueSeconds} * interval '1 second') or lease_until < now())
        and ${inUse(sql`evaluation`)}
      order by updated_at limit ${sweepMax}`),
  );
}

/** An upload is waited for this long, in hours: far longer than a link to upload lasts. */
const uploadHours = 24;

/** Documents whose bytes never came. */
export async function findAbandonedUploads(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from document
      where status = 'uploading' and updated_at < now() - ${uploadHours} * interval '1 hour' and ${inUse(sql`document`)}
      order by updated_at limit ${sweepMax}`),
  );
}

/** Files that no message came with for so many hours. */
export async function findWaitingAttachments(database: Pick<Database, "engine">, hours: number): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select workspace_id as "workspaceId", id from attachment
      where message_id is null and created_at < now() - ${hours} * interval '1 hour' and ${inUse(sql`attachment`)}
      order by created_at limit ${sweepMax}`),
  );
}

/** Workspaces whose questions are not compared with this embedder's vectors, or that are changing over, and that nobody works on. */
export async function findReembeds(database: Pick<Database, "engine">, embedder: string): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<WorkspaceRow>(sql`
      select workspace_id as id from knowledge_index
      where embedder is not null and (embedder <> ${embedder} or next_embedder is not null)
        and (lease_until is null or lease_until < now()) and ${inUse(sql`knowledge_index`)}
      order by updated_at limit ${sweepMax}`),
  );
  return rows.map(({ id }) => id);
}

/** Workspaces with chunks that were retired so many days ago. */
export async function findRetiredChunks(database: Pick<Database, "engine">, days: number): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<WorkspaceRow>(sql`
      select distinct workspace_id as id from chunk where retired_at < now() - ${days} * interval '1 day' limit ${sweepMax}`),
  );
  return rows.map(({ id }) => id);
}

/** Workspaces with messages of before words were kept. */
export async function findUnwordedWorkspaces(database: Pick<Database, "engine">): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<WorkspaceRow>(
      sql`select id from workspace where words_behind is not null and deleted_at is null order by id limit ${sweepMax}`,
    ),
  );
  return rows.map(({ id }) => id);
}

interface WorkspaceRow {
  [column: string]: unknown;
  id: string;
}

/** Deleted workspaces whose time has come and that have not been removed. */
export async function findDuePurges(database: Pick<Database, "engine">): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<WorkspaceRow>(sql`
      select workspace_id as id from purge where done_at is null and due_at < now() - ${graceSeconds} * interval '1 second'
      order by due_at limit ${sweepMax}`),
  );
  return rows.map(({ id }) => id);
}

/** Workspaces that remove something by age, in the order of their ids, from the one behind `after` on; none: that was all. */
export async function findRetaining(database: Pick<Database, "engine">, after: string | null): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<WorkspaceRow>(sql`
      select id from workspace
      where deleted_at is null and not legal_hold and (retain_conversations_days is not null or retain_documents_days is not null)
        and (${after}::uuid is null or id > ${after}::uuid)
      order by id limit ${sweepMax}`),
  );
  return rows.map(({ id }) => id);
}

/** A letter that somebody waits for is looked after this many seconds after it was asked for, and for a day. */
const mailSeconds = { after: 30, until: 86_400 };

/** Letters that nobody has sent. */
export async function findStuckMail(database: Pick<Database, "engine">): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<{ id: string }>(sql`
      select id from mail
      where done_at is null and created_at < now() - ${mailSeconds.after} * interval '1 second'
        and created_at > now() - ${mailSeconds.until} * interval '1 second'
      order by created_at limit ${sweepMax}`),
  );
  return rows.map(({ id }) => id);
}
