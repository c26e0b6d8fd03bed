/**
 * A workspace changes over to another embedder: the one that the server has now. Questions are compared with the vectors of the one in
 * force until every passage has its next vector; then one row says which counts, for all of them at once. Only after that do the
 * vectors move into the passages.
 *
 * Whoever is killed loses one batch; whoever comes next goes on where the rows say. The server may change its mind at any moment, too:
 * what is to be done is read from the rows each time.
 *
 * @module
 */
import { embeddingText } from "@axon/ai/embedding-text";
import type { Embedder } from "@axon/ai/provider";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { type CopyColumn, copyIn } from "@axon/db/copy";
import { knowledgeIndex } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { WorkspaceCtx } from "../context.ts";
import { workspaceAlive } from "../internal/alive.ts";
import { embedLater } from "./approved/view.ts";
import type { KnowledgeDeps } from "./deps.ts";

type IndexRow = typeof knowledgeIndex.$inferSelect;
type ReembedDeps = Pick<KnowledgeDeps, "inWorkspace" | "embedder">;

/** Longer than one batch takes, retries included. */
const leaseSeconds = 180;
/** One job works for this long, in milliseconds, and leaves the rest to another: workspaces take turns. */
const workMsMax = 60_000;
/** Vectors that one transaction moves: their rows are locked meanwhile. */
const movedPerStep = 200;
/** Asking again within this time is asking once. */
const bucketMs = 300_000;

/** Has the workspace changed over, or what is left of a change finished. Twice is once. */
export async function queueReembed(ws: WorkspaceCtx, nowMs: number = Date.now()): Promise<void> {
  const [row] = await ws.tx.select({ leaseToken: knowledgeIndex.leaseToken }).from(knowledgeIndex);
  if (row) enqueue(ws, `${row.leaseToken}-${Math.floor(nowMs / bucketMs)}`);
}

function enqueue(ws: WorkspaceCtx, cause: string): void {
  ws.enqueue("knowledge.reembed", { workspaceId: ws.workspaceId }, { key: `reembed-${ws.workspaceId}-${cause}` });
}

/** Another worker has taken over; stop without a word. */
class Replaced extends Error {}

/**
 * Carries the change as far as it can in `workMs`, and has another job go on. Returns quietly when there is nothing to do or another
 * worker does it. Throws `AiError` when the embedder fails: for another try.
 */
export async function reembedWorkspace(
  deps: ReembedDeps,
  { workspaceId }: JobPayload<"knowledge.reembed">,
  { signal }: Pick<JobRun, "signal">,
  workMs: number = workMsMax,
): Promise<void> {
  const endMs = Date.now() + workMs;
  const held = await deps.inWorkspace(workspaceId, (ws) => claim(ws, deps.embedder.id));
  if (!held) return;
  const place: Place = { after: beginning };
  try {
    while (await step(deps, held, place, signal)) {
      signal.throwIfAborted();
      if (Date.now() < endMs) continue;
      return await deps.inWorkspace(workspaceId, async (ws) => {
        await keep(ws, held, { leaseUntil: null });
        enqueue(ws, `${held.leaseToken}-more`);
      });
    }
  } catch (error) {
    if (error instanceof Replaced) return;
    await deps.inWorkspace(workspaceId, (ws) => keep(ws, held, { leaseUntil: null })).catch(() => {}); // The first error is the cause.
    throw error;
  }
}

/** Counts what there is to do and what is done of it, and takes the workspace for this worker; null when another has it, it is gone, or there is nothing to do. From here on `embedder` is what it changes over to. */
async function claim(ws: WorkspaceCtx, embedder: string): Promise<IndexRow | null> {
  const [row] = await ws.tx
    .update(knowledgeIndex)
    .set({ leaseToken: sql`${knowledgeIndex.leaseToken} + 1`, leaseUntil: leaseEnd, nextEmbedder: embedder })
    .where(
      and(
        eq(knowledgeIndex.workspaceId, ws.workspaceId),
        sql`(${knowledgeIndex.embedder} <> ${embedder} or (${knowledgeIndex.embedder} is not null and ${knowledgeIndex.nextEmbedder} is not null))`,
        sql`(${knowledgeIndex.leaseUntil} is null or ${knowledgeIndex.leaseUntil} < now())`,
        workspaceAlive(ws),
      ),
    )
    .returning();
  if (!row) return null;
  await ws.tx.execute(sql`
    update knowledge_index set total = counted.total, done = counted.total - counted.waiting
    from (select count(*)::int as total, count(*) filter (where ${lacks(embedder)})::int as waiting
      from chunk where workspace_id = ${ws.workspaceId}::uuid and searchable) counted
    where knowledge_index.workspace_id = ${ws.workspaceId}::uuid`);
  return row;
}

const leaseEnd = sql`now() + ${leaseSeconds} * interval '1 second'`;

async function keep(ws: WorkspaceCtx, held: IndexRow, change: PgUpdateSetSource<typeof knowledgeIndex>): Promise<IndexRow> {
  const [row] = await ws.tx
    .update(knowledgeIndex)
    .set({ leaseUntil: leaseEnd, updatedAt: sql`now()`, ...change })
    .where(and(eq(knowledgeIndex.workspaceId, held.workspaceId), eq(knowledgeIndex.leaseToken, held.leaseToken)))
    .returning();
  if (!row) throw new Replaced();
  return row;
}

/** How far a worker has come through the workspace's chunks, by their ids. */
interface Place {
  after: string;
}

const beginning = "00000000-0000-0000-0000-000000000000";

/** One batch of what is to be done next. False: that was all. */
async function step(deps: ReembedDeps, held: IndexRow, place: Place, signal: AbortSignal): Promise<boolean> {
  const { embedder, inWorkspace } = deps;
  const batch = await inWorkspace(held.workspaceId, async (ws) => {
    const row = await keep(ws, held, {});
    // First what is in force already: a passage has room for one vector beside its own.
    return (await move(ws, row.embedder)) > 0 ? null : nextBatch(ws, held, embedder, place.after);
  });
  if (batch === null) return true;
  if (batch.last === null) {
    // Perhaps not all: what was published meanwhile may stand before this place.
    place.after = beginning;
    return inWorkspace(held.workspaceId, (ws) => changeOver(ws, held, embedder.id));
  }
  place.after = batch.last;
  const { waiting } = batch;
  if (waiting.length === 0) return true;
  const vectors = await embedder.embed(
    waiting.map(({ title, headingPath, text }) => embeddingText(title, headingPath, text)),
    { kind: "document", signal },
  );
  await inWorkspace(held.workspaceId, async (ws) => {
    await keep(ws, held, { done: sql`${knowledgeIndex.done} + ${waiting.length}` });
    await storeNext(ws, embedder.id, waiting, vectors);
  });
  return true;
}

/** Searchable, and without a vector of this embedder anywhere. */
function lacks(embedder: string) {
  return sql`chunk.searchable and chunk.embedder is distinct from ${embedder} and not exists (
    select 1 from chunk_next_vector n where n.workspace_id = chunk.workspace_id and n.chunk_id = chunk.id and n.embedder = ${embedder})`;
}

interface Waiting extends Record<string, unknown> {
  id: string;
  title: string;
  headingPath: string[];
  text: string;
  hash: string;
}

/**
 * The next chunks that lack a vector, of each text one: the others take its vector when they are looked at again. Those whose text has
 * one already, in another document or in a version before, have it when this returns.
 */
async function nextBatch(
  ws: WorkspaceCtx,
  held: IndexRow,
  embedder: Embedder,
  after: string,
): Promise<{ waiting: Waiting[]; last: string | null }> {
  // Of an embedder that was to come and will not.
  await ws.tx.execute(sql`delete from chunk_next_vector where workspace_id = ${ws.workspaceId}::uuid and embedder <> ${embedder.id}`);
  const rows = await ws.tx.execute<Waiting>(sql`
    select chunk.id, chunk.title, chunk.heading_path as "headingPath", chunk.text, chunk.hash from chunk
    where chunk.workspace_id = ${ws.workspaceId}::uuid and chunk.id > ${after}::uuid and ${lacks(embedder.id)}
    order by chunk.id limit ${embedder.batchMax}`);
  const taken = await ws.tx.execute<{ id: string }>(sql`
    insert into chunk_next_vector (workspace_id, chunk_id, embedder, embedding)
    select chunk.workspace_id, chunk.id, ${embedder.id}, known.embedding
    from chunk cross join lateral (
      select coalesce(n.embedding, other.embedding) as embedding
      from chunk other left join chunk_next_vector n
        on n.workspace_id = other.workspace_id and n.chunk_id = other.id and n.embedder = ${embedder.id}
      where other.workspace_id = chunk.workspace_id and other.hash = chunk.hash and (n.embedding is not null or other.embedder = ${embedder.id})
      limit 1
    ) known
    where chunk.workspace_id = ${ws.workspaceId}::uuid and chunk.id = any(${sql.param(rows.map(({ id }) => id))}::uuid[])
      and known.embedding is not null
    on conflict do nothing returning chunk_id as id`);
  if (taken.length > 0) await keep(ws, held, { done: sql`${knowledgeIndex.done} + ${taken.length}` });
  const has = new Set(taken.map(({ id }) => id));
  const waiting = new Map(rows.filter(({ id }) => !has.has(id)).map((row) => [row.hash, row]));
  return { waiting: [...waiting.values()], last: rows.at(-1)?.id ?? null };
}

const vectorColumns: readonly CopyColumn[] = [
  { name: "chunk_id", type: "uuid" },
  { name: "embedding", type: "halfvec" },
];

async function storeNext(ws: WorkspaceCtx, embedder: string, waiting: readonly Waiting[], vectors: readonly Float32Array[]): Promise<void> {
  if (vectors.length !== waiting.length) throw new Error("the embedder gave fewer vectors than texts");
  await copyIn(
    ws.tx,
    "next_vectors",
    vectorColumns,
    waiting.map(({ id }, index) => [id, vectors[index]]),
  );
  // Those whose document was deleted meanwhile are no more.
  await ws.tx.execute(sql`
    insert into chunk_next_vector (workspace_id, chunk_id, embedder, embedding)
    select chunk.workspace_id, chunk.id, ${embedder}, fresh.embedding
    from next_vectors fresh join chunk on chunk.workspace_id = ${ws.workspaceId}::uuid and chunk.id = fresh.chunk_id
    for key share of chunk
    on conflict do nothing`);
}

/** Puts vectors of the embedder in force where the others lie. How many there were. */
async function move(ws: WorkspaceCtx, inForce: string | null): Promise<number> {
  const [row] = await ws.tx.execute<{ moved: number }>(sql`
    with moved as (
      delete from chunk_next_vector where workspace_id = ${ws.workspaceId}::uuid and chunk_id in (
        select chunk_id from chunk_next_vector where workspace_id = ${ws.workspaceId}::uuid and embedder = ${inForce}
        order by chunk_id limit ${movedPerStep})
      returning chunk_id, embedder, embedding
    ), changed as (
      update chunk set embedding = moved.embedding, embedder = moved.embedder
      from moved where chunk.workspace_id = ${ws.workspaceId}::uuid and chunk.id = moved.chunk_id
    )
    select count(*)::int as moved from moved`);
  return row?.moved ?? 0;
}

/** Nothing lacks a vector: this is the moment, or it was long ago and all is done. Gives whether there is more to do. */
async function changeOver(ws: WorkspaceCtx, held: IndexRow, embedder: string): Promise<boolean> {
  // Whoever publishes a document holds this row too: what it brings is either counted here or finds the new embedder in force.
  const row = await keep(ws, held, {});
  const [left] = await ws.tx.execute<{ more: boolean }>(
    sql`select exists (select 1 from chunk where workspace_id = ${ws.workspaceId}::uuid and ${lacks(embedder)}) as more`,
  );
  if (left?.more) return true;
  if (row.embedder === embedder) {
    await keep(ws, held, { nextEmbedder: null, leaseUntil: null, done: 0, total: 0 });
    return false;
  }
  await keep(ws, held, { embedder });
  embedLater(ws, `changed-${held.leaseToken}`);
  ws.audit({
    action: "knowledge.embedder_changed",
    target: { kind: "workspace", id: ws.workspaceId },
    before: { embedder: row.embedder },
    after: { embedder },
  });
  return true;
}
