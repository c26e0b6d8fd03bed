/**
 * Files on their way in: a place to put the bytes, and the word that they are there.
 *
 * @module
 */
import type { createUploadInput, createUploadOutput, Document, DocumentMime } from "@axon/contracts/knowledge";
import { documentMime, documentMimes, uploadSecondsMax } from "@axon/contracts/knowledge";
import { newId } from "@axon/db/ids";
import { document } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { queueIngest } from "./queue-ingest.ts";
import { requireSource } from "./sources.ts";
import { emitProgress, readDocument, toDocument } from "./view.ts";

/**
 * Records a document and gives the URL that takes its bytes by PUT. Refuses with `not_found` (the source) or
 * `unsupported_type`.
 */
export async function createUpload(
  deps: KnowledgeDeps,
  workspaceId: string,
  input: z.output<typeof createUploadInput>,
): Promise<z.output<typeof createUploadOutput>> {
  const mime = resolveMime(input.mime, input.name);
  const row = await deps.inWorkspace(workspaceId, (ws) =>
    once(ws, { procedure: "knowledge.documents.createUpload", input }, async () => {
      await requireSource(ws, input.sourceId);
      const id = newId();
      const storageKey = storageKeyOf(workspaceId, id);
      await ws.tx
        .insert(document)
        .values({ workspaceId, id, sourceId: input.sourceId, name: input.name, mime, bytes: input.bytes, storageKey, status: "uploading" });
      const { name, bytes, sourceId } = input;
      ws.audit({ action: "document.created", target: { kind: "document", id }, after: { name, mime, bytes, sourceId } });
      return { id, storageKey };
    }),
  );
  const place = await deps.files.presignPut({ key: row.storageKey, mime, bytes: input.bytes, expiresInSeconds: uploadSecondsMax });
  return { documentId: row.id, ...place };
}

/**
 * Says that the bytes are there, and has them read. Refuses with `upload_missing` or `upload_mismatch`.
 * Twice is once: a document that is on its way already is given as it stands.
 */
export async function completeUpload(deps: KnowledgeDeps, workspaceId: string, documentId: string): Promise<Document> {
  const waiting = await deps.inWorkspace(workspaceId, (ws) => readDocument(ws, documentId));
  if (waiting.status !== "uploading") return toDocument(waiting);
  const stored = await deps.files.head(waiting.storageKey);
  if (!stored) throw new Refusal("upload_missing", "The file has not been uploaded yet");
  if (stored.bytes !== waiting.bytes) {
    throw new Refusal("upload_mismatch", `The upload has ${stored.bytes} bytes, ${waiting.bytes} were announced`, {
      announced: waiting.bytes,
      uploaded: stored.bytes,
    });
  }
  return deps.inWorkspace(workspaceId, (ws) => startReading(ws, documentId));
}

async function startReading(ws: WorkspaceCtx, documentId: string): Promise<Document> {
  const [row] = await ws.tx
    .update(document)
    .set({ status: "queued", updatedAt: sql`now()` })
    .where(and(eq(document.id, documentId), eq(document.status, "uploading")))
    .returning();
  if (!row) return toDocument(await readDocument(ws, documentId)); // Somebody else said so first.
  queueIngest(ws, row, "new");
  emitProgress(ws, row);
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
