/**
 * Files on their way in: a place to put the bytes, and the word that they are there.
 *
 * @module
 */
import type { createUploadInput, createUploadOutput, Document, DocumentMime } from "@axon/contracts/knowledge";
import { documentMime, documentMimes, uploadSecondsMax } from "@axon/contracts/knowledge";
import { newId } from "@axon/db/ids";
import { document } from "@axon/db/schema/knowledge";
import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { nextVersion } from "./next-version.ts";
import { purgeLater } from "./purge.ts";
import { queueIngest } from "./queue-ingest.ts";
import { requireSource } from "./sources/require-source.ts";
import { requireUploadRoom } from "./upload-room.ts";
import { type DocumentRow, emitProgress, holdDocument, readDocument, toDocument } from "./view.ts";

/**
 * Records a document, or what is to take the place of one's file, and gives the URL that takes its bytes by PUT. Refuses with
 * `not_found` (the source, or a document of it to replace), `unsupported_type`, `plan_limit`, or `invalid_state` while the
 * document that it is to replace still waits for its first file.
 */
export async function createUpload(
  deps: KnowledgeDeps,
  workspaceId: string,
  input: z.output<typeof createUploadInput>,
): Promise<z.output<typeof createUploadOutput>> {
  const mime = resolveMime(input.mime, input.name);
  const { id, storageKey } = await deps.inWorkspace(workspaceId, (ws) =>
    once(ws, { procedure: "knowledge.documents.createUpload", input }, async () => {
      const { audience, locale, labels } = await requireSource(ws, input.sourceId);
      const { name, bytes, sourceId } = input;
      if (input.replaces !== undefined) return replaceLater(ws, input.replaces, { name, mime, bytes, sourceId });
      await requireUploadRoom(ws, { documents: 1, bytes, bytesMore: bytes });
      const made = newId();
      const key = storageKeyOf(workspaceId, made);
      await ws.tx
        .insert(document)
        .values({ workspaceId, id: made, sourceId, name, mime, bytes, storageKey: key, status: "uploading", audience, locale, labels });
      ws.audit({ action: "document.created", target: { kind: "document", id: made }, after: { name, mime, bytes, sourceId } });
      return { id: made, storageKey: key };
    }),
  );
  const place = await deps.files.presignPut({ key: storageKey, mime, bytes: input.bytes, expiresInSeconds: uploadSecondsMax });
  return { documentId: id, ...place };
}

/** Notes where the new file will lie. The document stays as it is until the bytes are there. */
async function replaceLater(
  ws: WorkspaceCtx,
  documentId: string,
  { sourceId, ...file }: Pick<DocumentRow, "name" | "mime" | "bytes" | "sourceId">,
): Promise<{ id: string; storageKey: string }> {
  const row = await holdDocument(ws, documentId);
  if (row.sourceId !== sourceId) throw notFound("document");
  if (row.status === "uploading") throw new Refusal("invalid_state", "This document has no file yet that could be replaced");
  await requireUploadRoom(ws, { documents: 0, bytes: file.bytes, bytesMore: Math.max(0, file.bytes - row.bytes) });
  const pendingUpload = { ...file, storageKey: `${ws.workspaceId}/${documentId}/${newId()}` };
  await ws.tx.update(document).set({ pendingUpload }).where(eq(document.id, documentId));
  if (row.pendingUpload) purgeLater(ws, newId(), [row.pendingUpload.storageKey]);
  ws.audit({ action: "document.replacing", target: { kind: "document", id: documentId }, before: { name: row.name }, after: file });
  return { id: documentId, storageKey: pendingUpload.storageKey };
}

/**
 * Says that the bytes are there, and has them read. Refuses with `upload_missing` or `upload_mismatch`.
 * Twice is once: a document that is on its way already is given as it stands.
 */
export async function completeUpload(deps: KnowledgeDeps, workspaceId: string, documentId: string): Promise<Document> {
  const waiting = await deps.inWorkspace(workspaceId, (ws) => readDocument(ws, documentId));
  const announced = waiting.pendingUpload ?? (waiting.status === "uploading" ? waiting : null);
  if (announced === null) return toDocument(waiting);
  const stored = await deps.files.head(announced.storageKey);
  if (!stored) throw new Refusal("upload_missing", "The file has not been uploaded yet");
  if (stored.bytes !== announced.bytes) {
    throw new Refusal("upload_mismatch", `The upload has ${stored.bytes} bytes, ${announced.bytes} were announced`, {
      announced: announced.bytes,
      uploaded: stored.bytes,
    });
  }
  return deps.inWorkspace(workspaceId, (ws) => startReading(ws, documentId, announced.storageKey));
}

async function startReading(ws: WorkspaceCtx, documentId: string, storageKey: string): Promise<Document> {
  const before = await holdDocument(ws, documentId);
  const replaces = before.pendingUpload?.storageKey === storageKey ? before.pendingUpload : null;
  // Somebody else said so first.
  if (replaces === null && (before.status !== "uploading" || before.storageKey !== storageKey)) return toDocument(before);
  const [row] = await ws.tx
    .update(document)
    .set(replaces === null ? { status: "queued", updatedAt: sql`now()` } : { ...nextVersion(before), ...replaces, pendingUpload: null })
    .where(eq(document.id, documentId))
    .returning();
  if (!row) throw new Error("a document vanished that was held");
  if (replaces !== null) purgeLater(ws, `${documentId}-${before.version}`, [before.storageKey]);
  emitProgress(ws, row);
  await queueIngest(ws);
  ws.audit({ action: "document.uploaded", target: { kind: "document", id: documentId }, after: { name: row.name, bytes: row.bytes } });
  return toDocument(row);
}

export function storageKeyOf(workspaceId: string, documentId: string): string {
  return `${workspaceId}/${documentId}/1`;
}

/** The declared type if we read it, else what the name's ending says; browsers often send octet-stream or nothing better. */
function resolveMime(declared: string, name: string): DocumentMime {
  const plain = declared.split(";")[0]?.trim().toLowerCase() ?? "";
  const known = documentMime.safeParse(plain);
  if (known.success) return known.data;
  const ending = name.split(".").at(-1)?.toLowerCase() ?? "";
  for (const [mime, endings] of Object.entries(documentMimes)) {
    if ((endings as readonly string[]).includes(ending)) return documentMime.parse(mime); // safe: widened to compare
  }
  throw new Refusal(
    "unsupported_type",
    `Files of type ${plain || "unknown"} can't be read; use ${Object.values(documentMimes).flat().join(", ")}`,
    {
      fields: { mime: "is not a type that can be read" },
    },
  );
}
