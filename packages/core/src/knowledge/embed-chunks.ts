/**
 * Giving chunks their vectors, batch by batch. A text that was embedded before in this workspace costs nothing.
 *
 * @module
 */
import { embeddingText } from "@axon/ai/embedding-text";
import type { Embedder } from "@axon/ai/provider";
import { chunk } from "@axon/db/schema/knowledge";
import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import type { IngestDeps } from "./deps.ts";
import { updateHeld } from "./lease.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

interface Waiting {
  id: string;
  hash: string;
  title: string;
  headingPath: string[];
  text: string;
}

/** Embeds until no chunk of the version in work is without a vector. Throws `AiError` when the embedder fails. */
export async function embedChunks(deps: IngestDeps, workspaceId: string, claimed: DocumentRow, signal: AbortSignal): Promise<DocumentRow> {
  const { embedder } = deps;
  let held = claimed;
  // Each round leaves fewer chunks without a vector, so this ends; the bound only catches a mistake in that sentence.
  for (let round = 0; round <= claimed.total; round++) {
    signal.throwIfAborted();
    const { row, waiting } = await deps.inWorkspace(workspaceId, (ws) => nextBatch(ws, held, embedder));
    held = row;
    if (waiting.length === 0) return held;
    const distinct = [...new Map(waiting.map((item) => [item.hash, item])).values()];
    const vectors = await embedder.embed(
      distinct.map((item) => embeddingText(item.title, item.headingPath, item.text)),
      { kind: "document", signal },
    );
    const byHash = new Map(distinct.map((item, position) => [item.hash, vectors[position]]));
    held = await deps.inWorkspace(workspaceId, (ws) => storeVectors(ws, held, waiting, byHash, embedder.id));
  }
  throw new Error("embedding did not come to an end");
}

/** Takes over every vector that the workspace has already, then reads the next chunks that still need one. */
async function nextBatch(ws: WorkspaceCtx, held: DocumentRow, embedder: Embedder): Promise<{ row: DocumentRow; waiting: Waiting[] }> {
  await ws.tx.execute(sql`
    update chunk set embedding = known.embedding, embedder = known.embedder
    from (
      select distinct on (other.hash) other.hash, other.embedding, other.embedder
      from chunk fresh join chunk other on other.workspace_id = fresh.workspace_id and other.hash = fresh.hash
      where fresh.document_id = ${held.id} and fresh.version = ${held.version} and fresh.embedding is null
        and other.embedding is not null and other.embedder = ${embedder.id}
    ) known
    where chunk.document_id = ${held.id} and chunk.version = ${held.version} and chunk.embedding is null and chunk.hash = known.hash`);
  const [left] = await ws.tx.select({ count: sql<number>`count(*)::int` }).from(chunk).where(withoutVector(held));
  const row = await updateHeld(ws, held, { done: held.total - (left?.count ?? 0) });
  if (row.done !== held.done) emitProgress(ws, row);
  const waiting = await ws.tx
    .select({ id: chunk.id, hash: chunk.hash, title: chunk.title, headingPath: chunk.headingPath, text: chunk.text })
    .from(chunk)
    .where(withoutVector(held))
    .orderBy(asc(chunk.ordinal))
    .limit(embedder.batchMax);
  return { row, waiting };
}

async function storeVectors(
  ws: WorkspaceCtx,
  held: DocumentRow,
  waiting: readonly Waiting[],
  byHash: ReadonlyMap<string, Float32Array | undefined>,
  embedder: string,
): Promise<DocumentRow> {
  const rows = waiting.map((item) => {
    const vector = byHash.get(item.hash);
    if (!vector) throw new Error("the embedder gave fewer vectors than texts");
    return sql`(${item.id}::uuid, ${`[${vector.join(",")}]`}::halfvec)`;
  });
  await ws.tx.execute(sql`
    update chunk set embedding = fresh.embedding, embedder = ${embedder}
    from (values ${sql.join(rows, sql`, `)}) as fresh (id, embedding)
    where chunk.id = fresh.id and chunk.document_id = ${held.id} and chunk.version = ${held.version}`);
  const row = await updateHeld(ws, held, { done: held.done + waiting.length });
  emitProgress(ws, row);
  return row;
}

function withoutVector(held: DocumentRow) {
  return and(eq(chunk.documentId, held.id), eq(chunk.version, held.version), isNull(chunk.embedding));
}
