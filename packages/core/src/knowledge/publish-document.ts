/**
 * The moment a version becomes searchable: all of it, at once, and the version before it is gone.
 *
 * @module
 */
import { chunk, documentContent } from "@axon/db/schema/knowledge";
import { and, eq, ne } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { updateHeld } from "./lease.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

export async function publishDocument(ws: WorkspaceCtx, held: DocumentRow): Promise<void> {
  const row = await updateHeld(ws, held, {
    status: "ready",
    publishedVersion: held.version,
    chunkCount: held.total,
    done: held.total,
    errorCode: null,
    errorMessage: null,
    leaseUntil: null,
  });
  await ws.tx
    .update(chunk)
    .set({ searchable: true })
    .where(and(eq(chunk.documentId, held.id), eq(chunk.version, held.version)));
  await ws.tx.delete(chunk).where(and(eq(chunk.documentId, held.id), ne(chunk.version, held.version)));
  await ws.tx.delete(documentContent).where(eq(documentContent.documentId, held.id));
  emitProgress(ws, row);
}
