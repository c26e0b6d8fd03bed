/**
 * Which chunks may still be cited: documents can be deleted while an answer is being made from them.
 *
 * @module
 */
import { chunk, document } from "@axon/db/schema/knowledge";
import { and, asc, eq, inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

/** More than any prompt holds. */
const askedMax = 500;

/**
 * Those of the chunks whose document is still there. One that was replaced by a newer version counts: the answer was true
 * of what the customer could have read when it was asked.
 */
export async function liveChunks(ws: Pick<WorkspaceCtx, "tx">, chunkIds: readonly string[]): Promise<Set<string>> {
  if (chunkIds.length === 0) return new Set();
  const rows = await ws.tx
    .select({ id: chunk.id })
    .from(chunk)
    .innerJoin(document, and(eq(document.workspaceId, chunk.workspaceId), eq(document.id, chunk.documentId)))
    .where(inArray(chunk.id, chunkIds.slice(0, askedMax)));
  return new Set(rows.map(({ id }) => id));
}

/**
 * Do all these documents still stand? They then do until this transaction ends: who deletes one waits. In the order of
 * their ids, so that two who hold several never wait for each other.
 */
export async function holdDocuments(ws: Pick<WorkspaceCtx, "tx">, documentIds: readonly string[]): Promise<boolean> {
  const wanted = [...new Set(documentIds)].slice(0, askedMax);
  if (wanted.length === 0) return true;
  const rows = await ws.tx
    .select({ id: document.id })
    .from(document)
    .where(inArray(document.id, wanted))
    .orderBy(asc(document.id))
    .for("key share");
  return rows.length === wanted.length;
}
