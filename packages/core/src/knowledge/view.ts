/**
 * How documents look to callers, and the one place that says a document's state has changed.
 *
 * @module
 */
import type { Document } from "@axon/contracts/knowledge";
import { document } from "@axon/db/schema/knowledge";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";

export type DocumentRow = typeof document.$inferSelect;

export function toDocument(row: DocumentRow): Document {
  return {
    id: row.id,
    sourceId: row.sourceId,
    name: row.name,
    mime: row.mime,
    bytes: row.bytes,
    status: row.status,
    progress: { done: row.done, total: row.total },
    error: toError(row),
    failedStep: row.failedStep,
    attempts: row.attempts,
    version: row.version,
    uri: row.uri,
    audience: row.audience,
    locale: row.locale,
    labels: row.labels,
    chunkCount: row.chunkCount,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** Tells live readers where a document stands now. */
export function emitProgress(ws: WorkspaceCtx, row: DocumentRow): void {
  ws.emit({
    type: "document.progress",
    documentId: row.id,
    sourceId: row.sourceId,
    status: row.status,
    done: row.done,
    total: row.total,
    error: toError(row),
  });
}

/** Refuses with `not_found`. */
export async function readDocument(ws: WorkspaceCtx, documentId: string): Promise<DocumentRow> {
  const [row] = await ws.tx.select().from(document).where(eq(document.id, documentId));
  if (!row) throw notFound("document");
  return row;
}

/** The same, held until this transaction ends. Refuses with `not_found`. */
export async function holdDocument(ws: WorkspaceCtx, documentId: string): Promise<DocumentRow> {
  const [row] = await ws.tx.select().from(document).where(eq(document.id, documentId)).for("update");
  if (!row) throw notFound("document");
  return row;
}

function toError(row: DocumentRow): Document["error"] {
  return row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? "" };
}
