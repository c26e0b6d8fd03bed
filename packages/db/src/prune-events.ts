/**
 * What is older than the replay window goes from the event log: always a beginning of a workspace's stream, and so a beginning of
 * each of its conversations' streams, which leaves no hole.
 *
 * It sees numbers and times, and nothing of what the events say.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { withEngine } from "./transaction.ts";

/** Workspaces of one page, and events of one commit. */
const workspacesMax = 200;
const batchMax = 2_000;

/** Nothing younger is ever pruned, whatever is configured: the database would not let it go. */
const eventsKeptDaysMin = 1;

interface Row {
  [column: string]: unknown;
  id: string;
}

/** Removes all events that are older than so many days, batch by batch, until there are no more or the signal is aborted. */
export async function pruneOldEvents(database: Pick<Database, "engine">, days: number, signal: AbortSignal): Promise<void> {
  let page = await findOldEvents(database, days, null);
  while (page.length > 0) {
    for (const workspaceId of page) {
      let more = true;
      while (more && !signal.aborted) ({ more } = await pruneEvents(database, workspaceId, days));
    }
    if (signal.aborted) return;
    page = await findOldEvents(database, days, page.at(-1) ?? null);
  }
}

/** Workspaces with events older than so many days, in the order of their ids, from the one behind `after` on. Not those under legal hold. */
async function findOldEvents(database: Pick<Database, "engine">, days: number, after: string | null): Promise<string[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<Row>(sql`
      select c.workspace_id as id from workspace_cursor c
      join workspace w on w.id = c.workspace_id and not w.legal_hold
      cross join lateral (
        select at from event where event.workspace_id = c.workspace_id order by workspace_seq limit 1
      ) oldest
      where oldest.at < now() - ${days} * interval '1 day' and (${after}::uuid is null or c.workspace_id > ${after}::uuid)
      order by c.workspace_id limit ${workspacesMax}`),
  );
  return rows.map(({ id }) => id);
}

/** Removes a batch of what is older than so many days. Gives how many went; as many as a batch holds means that there may be more. */
async function pruneEvents(
  database: Pick<Database, "engine">,
  workspaceId: string,
  days: number,
): Promise<{ pruned: number; more: boolean }> {
  const kept = Math.max(days, eventsKeptDaysMin);
  const rows = await withEngine(database, (tx) =>
    tx.execute<{ seq: string | number }>(sql`
      with first as (
        select workspace_seq, at from event where workspace_id = ${workspaceId} order by workspace_seq limit ${batchMax}
      ), cut as (
        select coalesce(
          min(workspace_seq) filter (where at >= now() - ${kept} * interval '1 day') - 1,
          max(workspace_seq)
        ) as seq from first
      )
      delete from event using cut
      where event.workspace_id = ${workspaceId} and event.workspace_seq <= cut.seq
        and not exists (select 1 from workspace w where w.id = ${workspaceId} and w.legal_hold)
      returning event.workspace_seq as seq`),
  );
  return { pruned: rows.length, more: rows.length === batchMax };
}
