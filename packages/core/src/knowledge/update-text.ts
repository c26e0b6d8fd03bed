/**
 * Another text in the place of a document's own.
 *
 * @module
 */
import type { Document, updateTextInput } from "@axon/contracts/knowledge";
import { newId } from "@axon/db/ids";
import { document } from "@axon/db/schema/knowledge";
import { eq } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { nextVersion } from "./next-version.ts";
import { purgeLater } from "./purge.ts";
import { queueIngest } from "./queue-ingest.ts";
import { requireUploadRoom } from "./upload-room.ts";
import { type DocumentRow, emitProgress, holdDocument, readDocument, toDocument } from "./view.ts";

/** Types of documents that are their text and nothing else. */
const texts: readonly string[] = ["text/plain", "text/markdown"];

/**
 * Keeps the text as the document's next version and has it read; what it said stays searchable until then. Refuses with
 * `not_found`, with `unsupported_type` for a document that is a file of another kind, and with `plan_limit`.
 */
export async function updateText(deps: KnowledgeDeps, workspaceId: string, input: z.output<typeof updateTextInput>): Promise<Document> {
  const { documentId } = input;
  await deps.inWorkspace(workspaceId, async (ws) => requireText(await readDocument(ws, documentId)));
  const storageKey = `${workspaceId}/${documentId}/${newId()}`;
  const bytes = new TextEncoder().encode(input.text);
  // The file first: a row whose file is missing could never be read, a file without a row only takes a little room.
  await deps.files.write(storageKey, bytes, input.mime ?? "text/plain");
  try {
    return await deps.inWorkspace(workspaceId, (ws) => renew(ws, input, { storageKey, bytes: bytes.length }));
  } catch (error) {
    if (error instanceof Refusal) await deps.files.remove([storageKey]);
    throw error;
  }
}

async function renew(
  ws: WorkspaceCtx,
  { documentId, name, mime }: z.output<typeof updateTextInput>,
  file: Pick<DocumentRow, "storageKey" | "bytes">,
): Promise<Document> {
  const before = await holdDocument(ws, documentId);
  requireText(before);
  await requireUploadRoom(ws, { documents: 0, bytes: file.bytes, bytesMore: Math.max(0, file.bytes - before.bytes) });
  const [row] = await ws.tx
    .update(document)
    .set({ ...nextVersion(before), ...file, name: name ?? before.name, mime: mime ?? before.mime })
    .where(eq(document.id, documentId))
    .returning();
  if (!row) throw new Error("a document vanished that was held");
  purgeLater(ws, `${documentId}-${before.version}`, [before.storageKey]);
  emitProgress(ws, row);
  await queueIngest(ws);
  ws.audit({
    action: "document.text_updated",
    target: { kind: "document", id: documentId },
    before: { name: before.name, bytes: before.bytes, version: before.version },
    after: { name: row.name, bytes: row.bytes, version: row.version },
  });
  return toDocument(row);
}

function requireText({ mime }: Pick<DocumentRow, "mime">): void {
  if (!texts.includes(mime)) throw new Refusal("unsupported_type", "This document is a file; upload another in its place", { mime });
}
