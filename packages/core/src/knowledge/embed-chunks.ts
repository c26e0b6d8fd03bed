/**
 * Giving chunks their vectors, batch by batch. A text that was embedded before in this workspace costs nothing.
 *
 * @module
 */
import { embeddingText } from "@axon/ai/embedding-text";
import type { Embedder } from "@axon/ai/provider";
import { type CopyColumn, copyIn } from "@axon/db/copy";
import { chunk } from "@axon/db/schema/knowledge";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import type { ReadingDeps } from "./deps.ts";
import { updateHeld } from "./lease.ts";
import { stagedOf } from "./store-chunks.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

const vectorColumns: readonly CopyColumn[] = [
  { name: "hash", type: "text" },
  { name: "embedding", type: "halfvec" },
];

interface Waiting {
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
  let held = await deps.inWorkspace(workspaceId, (ws) => takeKnown(ws, claimed, embedder.id));
  let after = -1;
  // Each round goes further through the document, so this ends; the bound only catches a mistake in that sentence.
  for (let round = 0; round <= claimed.total; round++) {
    signal.throwIfAborted();
    const waiting = await deps.inWorkspace(workspaceId, (ws) => nextBatch(ws, held, embedder, after));
    const last = waiting.at(-1);
    if (!last) return held;
    const distinct = [...new Map(waiting.map((item) => [item.hash, item])).values()];
    const vectors = await embedder.embed(
      distinct.map((item) => embeddingText(item.title, item.headingPath, item.text)),
      { kind: "document", signal },
    );
    if (vectors.length !== distinct.length) throw new Error("the embedder gave fewer vectors than texts");
    const rows = distinct.map(({ hash }, position) => [hash, vectors[position]]);
    held = await deps.inWorkspace(workspaceId, (ws) => storeVectors(ws, held, rows, embedder.id));
    after = last.ordinal;
  }
  throw new Error("embedding did not come to an end");
}

/** Takes over every vector that the workspace has already, of this embedder, and counts what that leaves. */
async function takeKnown(ws: WorkspaceCtx, held: DocumentRow, embedder: string): Promise<DocumentRow> {
  await ws.tx.execute(sql`
    update chunk set embedding = known.embedding, embedder = known.embedder
    from (
      select distinct on (other.hash) other.hash, other.embedding, other.embedder
      from (select distinct hash from chunk where ${withoutVector(held, embedder)}) fresh
      join chunk other on other.workspace_id = ${ws.workspaceId}::uuid and other.hash = fresh.hash
      where other.embedding is not null and other.embedder = ${embedder}
    ) known
    where ${withoutVector(held, embedder)} and chunk.hash = known.hash`);
  const [left] = await ws.tx.select({ count: sql<number>`count(*)::int` }).from(chunk).where(withoutVector(held, embedder));
  const row = await updateHeld(ws, held, { done: held.total - (left?.count ?? 0) });
  if (row.done !== held.done) emitProgress(ws, row);
  return row;
}

/** The next chunks that still need one, in the document's order. */
async function nextBatch(ws: WorkspaceCtx, held: DocumentRow, embedder: Embedder, after: number): Promise<Waiting[]> {
  await updateHeld(ws, held, {});
  return ws.tx
    .select({ ordinal: chunk.ordinal, hash: chunk.hash, title: chunk.title, headingPath: chunk.headingPath, text: chunk.text })
    .from(chunk)
    .where(and(withoutVector(held, embedder.id), gt(chunk.ordinal, after)))
    .orderBy(asc(chunk.ordinal))
    .limit(embedder.batchMax);
}

/** Gives the vectors to every chunk of the version that has their text, as often as it stands there. */
async function storeVectors(
  ws: WorkspaceCtx,
  held: DocumentRow,
  rows: readonly (readonly unknown[])[],
  embedder: string,
): Promise<DocumentRow> {
  await copyIn(ws.tx, "vectors", vectorColumns, rows);
  const [stored] = await ws.tx.execute<{ count: number }>(sql`
    with changed as (
      update chunk set embedding = fresh.embedding, embedder = ${embedder} from vectors fresh
      where chunk.hash = fresh.hash and ${withoutVector(held, embedder)}
      returning 1)
    select count(*)::int as count from changed`);
  const row = await updateHeld(ws, held, { done: held.done + (stored?.count ?? 0) });
  emitProgress(ws, row);
  return row;
}

/** What was made by an embedder that is not in force any more counts as none. */
function withoutVector(held: DocumentRow, embedder: string) {
  return and(eq(chunk.workspaceId, held.workspaceId), stagedOf(held), sql`${chunk.embedder} is distinct from ${embedder}`);
}
