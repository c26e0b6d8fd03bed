/**
 * Giving chunks their vectors, batch by batch. A text that was embedded before in this workspace costs nothing.
 *
 * @module
 */
import { embeddingText } from "@axon/ai/embedding-text";
import type { Embedder } from "@axon/ai/provider";
import { type CopyColumn, copyIn } from "@axon/db/copy";
import { chunk } from "@axon/db/schema/knowledge";
import { and, asc, gt, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import type { ReadingDeps } from "./deps.ts";
import { updateHeld } from "./lease.ts";
import { stagedOf } from "./store-chunks.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

const vectorColumns: readonly CopyColumn[] = [
  { name: "id", type: "uuid" },
  { name: "embedding", type: "halfvec" },
];

interface Waiting {
  id: string;
  ordinal: number;
  hash: string;
  title: string;
  headingPath: string[];
  text: string;
}

/** Embeds until no chunk of the version in work is without a vector of `embedder`. Throws `AiError` when it fails. */
export async function embedChunks(
  deps: ReadingDeps,
  workspaceId: string,
  claimed: DocumentRow,
  embedder: Embedder,
  signal: AbortSignal,
): Promise<DocumentRow> {
  let held = await deps.inWorkspace(workspaceId, (ws) => countDone(ws, claimed, embedder.id));
  let after = -1;
  // Each round goes further through the document, so this ends; the bound only catches a mistake in that sentence.
  for (let round = 0; round <= claimed.total; round++) {
    signal.throwIfAborted();
    const batch = await deps.inWorkspace(workspaceId, (ws) => nextBatch(ws, held, embedder, after));
    if (batch.last === null) return held;
    after = batch.last;
    held = batch.row;
    const distinct = [...new Map(batch.waiting.map((item) => [item.hash, item])).values()];
    if (distinct.length === 0) continue;
    const vectors = await embedder.embed(
      distinct.map((item) => embeddingText(item.title, item.headingPath, item.text)),
      { kind: "document", signal },
    );
    const byHash = new Map(distinct.map((item, position) => [item.hash, vectors[position]]));
    held = await deps.inWorkspace(workspaceId, (ws) => storeVectors(ws, held, batch.waiting, byHash, embedder.id));
  }
  throw new Error("embedding did not come to an end");
}

async function countDone(ws: WorkspaceCtx, held: DocumentRow, embedder: string): Promise<DocumentRow> {
  const [left] = await ws.tx.select({ count: sql<number>`count(*)::int` }).from(chunk).where(withoutVector(held, embedder));
  return updateHeld(ws, held, { done: held.total - (left?.count ?? 0) });
}

interface Batch {
  row: DocumentRow;
  /** Those that have to be embedded. */
  waiting: Waiting[];
  /** The place of the last one that was looked at; null: there was none left. */
  last: number | null;
}

/** The next chunks without a vector, in the document's order. Takes over every vector of theirs that the workspace has already. */
async function nextBatch(ws: WorkspaceCtx, held: DocumentRow, embedder: Embedder, after: number): Promise<Batch> {
  const rows = await ws.tx
    .select({
      id: chunk.id,
      ordinal: chunk.ordinal,
      hash: chunk.hash,
      title: chunk.title,
      headingPath: chunk.headingPath,
      text: chunk.text,
    })
    .from(chunk)
    .where(and(withoutVector(held, embedder.id), gt(chunk.ordinal, after)))
    .orderBy(asc(chunk.ordinal))
    .limit(embedder.batchMax);
  // One by one, by the index of hashes (`offset 0` keeps it that way): of a workspace that has just been filled the planner knows
  // nothing, and would compare all with all.
  const known = sql`select other.embedding from chunk other
    where other.workspace_id = chunk.workspace_id and other.hash = chunk.hash and other.embedder = ${embedder.id} and other.embedding is not null`;
  const taken = await ws.tx.execute<{ id: string }>(sql`
    update chunk set embedding = (${known} limit 1), embedder = ${embedder.id}
    where workspace_id = ${ws.workspaceId}::uuid and id = any(${sql.param(rows.map(({ id }) => id))}::uuid[]) and exists (${known} offset 0)
    returning id`);
  const has = new Set(taken.map(({ id }) => id));
  const row = await updateHeld(ws, held, { done: held.done + has.size });
  if (has.size > 0) emitProgress(ws, row);
  return { row, waiting: rows.filter(({ id }) => !has.has(id)), last: rows.at(-1)?.ordinal ?? null };
}

async function storeVectors(
  ws: WorkspaceCtx,
  held: DocumentRow,
  waiting: readonly Waiting[],
  byHash: ReadonlyMap<string, Float32Array | undefined>,
  embedder: string,
): Promise<DocumentRow> {
  const rows = waiting.map(({ id, hash }) => {
    const vector = byHash.get(hash);
    if (!vector) throw new Error("the embedder gave fewer vectors than texts");
    return [id, vector];
  });
  await copyIn(ws.tx, "vectors", vectorColumns, rows);
  await ws.tx.execute(sql`
    update chunk set embedding = fresh.embedding, embedder = ${embedder} from vectors fresh
    where chunk.workspace_id = ${ws.workspaceId}::uuid and chunk.id = fresh.id`);
  const row = await updateHeld(ws, held, { done: held.done + waiting.length });
  emitProgress(ws, row);
  return row;
}

/** What was made by an embedder that is not in force any more counts as none. */
function withoutVector(held: DocumentRow, embedder: string) {
  return and(stagedOf(held), sql`${chunk.embedder} is distinct from ${embedder}`);
}
