/**
 * What of a workspace's work waits and runs, told from its own rows: what the queues hold is a consequence of these.
 *
 * @module
 */
import { type JobsOverview, overviewCountMax } from "@axon/contracts/dead-letters";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";

/** Each count ends at ten thousand. */
export async function readJobsOverview(ws: WorkspaceCtx): Promise<JobsOverview> {
  const count = (rows: SQL) => sql`(select count(*) from (${rows} limit ${overviewCountMax}) as counted)::int`;
  const mine = sql`workspace_id = ${ws.workspaceId}::uuid`;
  const [row] = await ws.tx.execute<Record<keyof typeof zero, number>>(sql`
    select ${count(sql`select 1 from turn where ${mine} and state = 'received'`)} as replies_waiting,
      ${count(sql`select 1 from turn where ${mine} and state in ('claimed', 'thinking')`)} as replies_running,
      ${count(sql`select 1 from document where ${mine} and status = 'queued'`)} as documents_waiting,
      ${count(sql`select 1 from document where ${mine} and status in ('parsing', 'chunking', 'embedding')`)} as documents_running,
      ${count(sql`select 1 from knowledge_source where ${mine} and sync_state = 'queued'`)} as syncs_waiting,
      ${count(sql`select 1 from knowledge_source where ${mine} and sync_state = 'syncing'`)} as syncs_running,
      ${count(sql`select 1 from evaluation where ${mine} and state = 'queued'`)} as evaluations_waiting,
      ${count(sql`select 1 from evaluation where ${mine} and state = 'running'`)} as evaluations_running,
      ${count(sql`select 1 from dead_letter where ${mine} and state = 'dead'`)} as dead,
      ${count(sql`select 1 from dead_letter where ${mine} and state = 'parked'`)} as parked`);
  const counts = row ?? zero;
  return {
    replies: { waiting: counts.replies_waiting, running: counts.replies_running },
    documents: { waiting: counts.documents_waiting, running: counts.documents_running },
    syncs: { waiting: counts.syncs_waiting, running: counts.syncs_running },
    evaluations: { waiting: counts.evaluations_waiting, running: counts.evaluations_running },
    deadLetters: { dead: counts.dead, parked: counts.parked },
  };
}

const zero = {
  replies_waiting: 0,
  replies_running: 0,
  documents_waiting: 0,
  documents_running: 0,
  syncs_waiting: 0,
  syncs_running: 0,
  evaluations_waiting: 0,
  evaluations_running: 0,
  dead: 0,
  parked: 0,
};
