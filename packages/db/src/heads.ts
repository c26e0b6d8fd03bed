/**
 * How far the streams have come: numbers only, of many streams in one question.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { withEngine } from "./transaction.ts";

export interface StreamRef {
  workspaceId: string;
  conversationId?: string;
}

/** The last number of each stream, by conversation id, or by workspace id for a whole workspace's. */
export async function readHeads(database: Pick<Database, "engine">, streams: readonly StreamRef[]): Promise<Map<string, number>> {
  const conversations = streams.flatMap((stream) => stream.conversationId ?? []);
  const workspaces = streams.flatMap((stream) => (stream.conversationId === undefined ? stream.workspaceId : []));
  const rows = await withEngine(database, (tx) =>
    tx.execute<{ id: string; head: string | number }>(sql`
      select id, event_seq::bigint as head from conversation where id = any(${toArray(conversations)}::uuid[])
      union all
      select workspace_id as id, last as head from workspace_cursor where workspace_id = any(${toArray(workspaces)}::uuid[])`),
  );
  return new Map(rows.map((row) => [row.id, Number(row.head)]));
}

/** PostgreSQL's spelling of an array of ids. */
function toArray(ids: readonly string[]): string {
  return `{${ids.join(",")}}`;
}
