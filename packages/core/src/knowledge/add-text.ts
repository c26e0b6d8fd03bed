/**
 * Knowledge typed or pasted in.
 *
 * @module
 */
import type { addTextInput, Document } from "@axon/contracts/knowledge";
import { newId } from "@axon/db/ids";
import { document } from "@axon/db/schema/knowledge";
import type { z } from "zod";
import { Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { queueIngest } from "./queue-ingest.ts";
import { requireSource } from "./sources/require-source.ts";
import { requireUploadRoom } from "./upload-room.ts";
import { storageKeyOf } from "./uploads.ts";
import { emitProgress, toDocument } from "./view.ts";

/** Keeps the text as a document and has it read. Refuses with `not_found` (the source) or `plan_limit`. */
export async function addText(deps: KnowledgeDeps, workspaceId: string, input: z.output<typeof addTextInput>): Promise<Document> {
  await deps.inWorkspace(workspaceId, (ws) => requireSource(ws, input.sourceId));
  const id = newId();
  const storageKey = storageKeyOf(workspaceId, id);
  const bytes = new TextEncoder().encode(input.text);
  // The file first: a row whose file is missing could never be read, a file without a row only takes a little room.
  await deps.files.write(storageKey, bytes, input.mime);
  try {
    const given = await deps.inWorkspace(workspaceId, (ws) =>
      once(ws, { procedure: "knowledge.documents.addText", input }, async () => {
        const { audience, locale, labels } = await requireSource(ws, input.sourceId);
        await requireUploadRoom(ws, { documents: 1, bytes: bytes.length, bytesMore: bytes.length });
        const [row] = await ws.tx
          .insert(document)
          .values({
            workspaceId,
            id,
            sourceId: input.sourceId,
            name: input.name,
            mime: input.mime,
            bytes: bytes.length,
            storageKey,
            status: "queued",
            audience,
            locale,
            labels,
          })
          .returning();
        if (!row) throw new Error("a document was not inserted");
        emitProgress(ws, row);
        await queueIngest(ws);
        const { name, mime, sourceId } = row;
        ws.audit({ action: "document.created", target: { kind: "document", id }, after: { name, mime, bytes: bytes.length, sourceId } });
        return toDocument(row);
      }),
    );
    if (given.id !== id) await deps.files.remove([storageKey]); // The same request again.
    return given;
  } catch (error) {
    // Only after a plain no: if it was the commit's answer that got lost, the row is there and needs its file.
    if (error instanceof Refusal) await deps.files.remove([storageKey]);
    throw error;
  }
}
