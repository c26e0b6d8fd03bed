/**
 * Keeping the indexes of big workspaces: which chunks are in them, and how often words occur. Small workspaces have no place in
 * them: an index that all tenants share finds a small one's chunks last, and keeping it up is what makes ingestion slow.
 *
 * Nothing here decides what is found. What is not in the indexes is compared one by one, and a chunk leaves them with its row.
 *
 * @module
 */
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { type SQL, sql } from "drizzle-orm";
import type { InWorkspace, WorkspaceCtx } from "../../context.ts";
import { readIndex } from "./state.ts";
import { countedFrom } from "./words.ts";

/** From this many searchable chunks on a workspace is big; with half as many it is small again. */
const bigFrom = 5_000;
/** Part by which a workspace may have grown or shrunk before its words are counted again. */
const recountPart = 0.1;
/** Chunks that one transaction moves: into a vector index some 200 go in a second, and their rows are locked meanwhile. */
const chunksPerStep = 200;
/** One job works for this long, in milliseconds, and leaves the rest to another. */
const workMsMax = 120_000;
/** After a change a job comes at most once in this time, in milliseconds, so that a thousand uploads are looked after together. */
const pauseMs = 60_000;

/** Has the indexes looked after when this workspace is big, or has become so. Cheap: called by whatever publishes or deletes. */
export async function planIndexing(ws: WorkspaceCtx): Promise<void> {
  const [row] = await ws.tx.execute<{ due: boolean }>(sql`
    select coalesce((select big from knowledge_index where workspace_id = ${ws.workspaceId}::uuid), false)
      or exists (select 1 from chunk where workspace_id = ${ws.workspaceId}::uuid and searchable offset ${bigFrom - 1} limit 1) as due`);
  if (!row?.due) return;
  const window = Math.floor(Date.now() / pauseMs);
  ws.enqueue("knowledge.index", { workspaceId: ws.workspaceId }, { key: `index-${ws.workspaceId}-${window}`, delayMs: pauseMs });
}

/**
 * Brings the indexes up to date. Safe to stop anywhere and to run twice, at the same time too. `from` is for tests, which can't wait
 * for thousands of chunks.
 */
export async function indexWorkspace(
  { inWorkspace, from = bigFrom }: { inWorkspace: InWorkspace; from?: number },
  { workspaceId }: JobPayload<"knowledge.index">,
  { signal }: Pick<JobRun, "signal">,
): Promise<void> {
  const endMs = Date.now() + workMsMax;
  const big = await inWorkspace(workspaceId, (ws) => countWorkspace(ws, from));
  for (;;) {
    signal.throwIfAborted();
    const moved = await inWorkspace(workspaceId, (ws) => moveChunks(ws, big));
    if (moved < chunksPerStep) break;
    if (Date.now() < endMs) continue;
    return inWorkspace(workspaceId, async (ws) => {
      ws.enqueue("knowledge.index", { workspaceId }, { key: `index-${workspaceId}-more-${Math.floor(Date.now() / pauseMs)}` });
    });
  }
  // Only now: before, most chunks would have been compared one by one all the same.
  if (big)
    await inWorkspace(workspaceId, (ws) =>
      ws.tx.execute(sql`update knowledge_index set big = true where workspace_id = ${workspaceId}::uuid and not big`),
    );
}

/** Is it big? Counts its words when they have not been counted, or before a tenth of what there is now came or went. */
async function countWorkspace(ws: WorkspaceCtx, from: number): Promise<boolean> {
  const { workspaceId, tx } = ws;
  const before = await readIndex(ws);
  const [now] = await tx.execute<{ chunks: number }>(
    sql`select count(*)::int as chunks from chunk where workspace_id = ${workspaceId}::uuid and searchable`,
  );
  const chunks = now?.chunks ?? 0;
  const big = chunks >= (before.big ? from / 2 : from);
  if (!big) {
    await forget(ws, chunks);
    return false;
  }
  if (before.meanLength > 1 && Math.abs(chunks - before.chunks) <= recountPart * chunks) return true;
  await tx.execute(sql`delete from lexeme_frequency where workspace_id = ${workspaceId}::uuid`);
  await tx.execute(sql`
    insert into lexeme_frequency (workspace_id, lexeme, chunks)
    select ${workspaceId}::uuid, word, ndoc
    from ts_stat(format('select lexemes from chunk where workspace_id = %L::uuid and searchable', ${workspaceId}::text)) where ndoc >= ${countedFrom}
    on conflict (workspace_id, lexeme) do update set chunks = excluded.chunks`);
  await tx.execute(sql`
    insert into knowledge_index (workspace_id, chunks, mean_length, counted_at)
    select ${workspaceId}::uuid, count(*)::int, greatest(avg(length), 1)::float8, now() from chunk where workspace_id = ${workspaceId}::uuid and searchable
    on conflict (workspace_id) do update set chunks = excluded.chunks, mean_length = excluded.mean_length, counted_at = excluded.counted_at, updated_at = now()`);
  return true;
}

async function forget({ workspaceId, tx }: WorkspaceCtx, chunks: number): Promise<void> {
  await tx.execute(sql`delete from lexeme_frequency where workspace_id = ${workspaceId}::uuid`);
  await tx.execute(sql`
    update knowledge_index set big = false, chunks = ${chunks}, mean_length = null, counted_at = now(), updated_at = now()
    where workspace_id = ${workspaceId}::uuid and (big or mean_length is not null)`);
}

/** Puts some chunks into the indexes or takes some out; how many. Chunks that somebody else is changing are left for later. */
async function moveChunks({ workspaceId, tx }: WorkspaceCtx, into: boolean): Promise<number> {
  const state: SQL = into ? sql`searchable and not indexed` : sql`indexed`;
  const [row] = await tx.execute<{ moved: number }>(sql`
    with due as (
      select id from chunk where workspace_id = ${workspaceId}::uuid and ${state} limit ${chunksPerStep} for update skip locked
    ), moved as (
      update chunk set indexed = ${into} from due where chunk.workspace_id = ${workspaceId}::uuid and chunk.id = due.id returning 1
    )
    select count(*)::int as moved from moved`);
  return row?.moved ?? 0;
}
