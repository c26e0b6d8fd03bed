/**
 * Reading and deleting documents.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { Chunk, Document, listChunksInput, listDocumentsInput } from "@axon/contracts/knowledge";
import { chunk, document } from "@axon/db/schema/knowledge";
import { and, asc, eq, gt } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { decodeCursor, isIdKey, isSeqKey, toPage } from "../internal/paging.ts";
import { purgeLater } from "./purge.ts";
import { queueIngest } from "./queue-ingest.ts";
import { planIndexing } from "./retrieval/index-workspace.ts";
import { readDocument, toDocument } from "./view.ts";

/** Oldest first. */
export async function listDocuments(ws: WorkspaceCtx, input: z.output<typeof listDocumentsInput>): Promise<Page<Document>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select()
    .from(document)
    .where(
      and(
        input.sourceId === undefined ? undefined : eq(document.sourceId, input.sourceId),
        input.status === undefined ? undefined : eq(document.status, input.status),
        after ? gt(document.id, after[0]) : undefined,
      ),
    )
    .orderBy(asc(document.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toDocument, (row) => [row.id]);
}

/** Refuses with `not_found`. */
export async function getDocument(ws: WorkspaceCtx, documentId: string): Promise<Document> {
  return toDocument(await readDocument(ws, documentId));
}

/** Gone from the next search on, whatever state it was in. Refuses with `not_found`. */
export async function deleteDocument(ws: WorkspaceCtx, documentId: string): Promise<void> {
  const [gone] = await ws.tx
    .delete(document)
    .where(eq(document.id, documentId))
    .returning({ storageKey: document.storageKey, pending: document.pendingUpload, name: document.name, sourceId: document.sourceId });
  if (!gone) throw notFound("document");
  purgeLater(ws, documentId, gone.pending ? [gone.storageKey, gone.pending.storageKey] : [gone.storageKey]);
  await queueIngest(ws);
  await planIndexing(ws);
  const { name, sourceId } = gone;
  ws.audit({ action: "document.deleted", target: { kind: "document", id: documentId }, before: { name, sourceId } });
}

/** The searchable pieces in the document's order; none before it is ready. Refuses with `not_found`. */
export async function listChunks(ws: WorkspaceCtx, input: z.output<typeof listChunksInput>): Promise<Page<Chunk>> {
  await readDocument(ws, input.documentId);
  const after = decodeCursor(input.cursor, isSeqKey);
  const rows = await ws.tx
    .select({ id: chunk.id, ordinal: chunk.ordinal, headingPath: chunk.headingPath, text: chunk.text, page: chunk.page })
    .from(chunk)
    .where(and(eq(chunk.documentId, input.documentId), chunk.searchable, after ? gt(chunk.ordinal, after[0]) : undefined))
    .orderBy(asc(chunk.ordinal))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    (row) => row,
    (row) => [row.ordinal],
  );
}
