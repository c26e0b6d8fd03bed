/**
 * Having a document read again: one that failed, from where it failed, and one that is ready, from its file.
 *
 * @module
 */
import type { Document } from "@axon/contracts/knowledge";
import { document, documentContent } from "@axon/db/schema/knowledge";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { nextVersion, takenUpAgain } from "./next-version.ts";
import { queueIngest } from "./queue-ingest.ts";
import { type DocumentRow, emitProgress, holdDocument, toDocument } from "./view.ts";

/**
 * Takes a failed document up at the step it failed at, if what came before is still kept, else from its file; reads a ready one
 * anew, which costs no embedding for text that it has already. One that is on its way is given as it stands. Refuses with
 * `not_found`, and with `invalid_state` while its file is not there.
 */
export async function reprocessDocument(ws: WorkspaceCtx, documentId: string): Promise<Document> {
  const before = await holdDocument(ws, documentId);
  if (before.status === "uploading") throw new Refusal("invalid_state", "The file has not been uploaded yet");
  if (before.status !== "failed" && before.status !== "ready") return toDocument(before);
  const change = before.status === "failed" ? { ...takenUpAgain, status: await whereItStands(ws, before) } : nextVersion(before);
  const [row] = await ws.tx
    .update(document)
    .set({ ...change, contentHash: change.status === "queued" ? null : before.contentHash })
    .where(eq(document.id, documentId))
    .returning();
  if (!row) throw new Error("a document vanished that was held");
  emitProgress(ws, row);
  await queueIngest(ws);
  ws.audit({
    action: "document.reprocessed",
    target: { kind: "document", id: documentId },
    before: { status: before.status, version: before.version, errorCode: before.errorCode },
    after: { status: row.status, version: row.version },
  });
  return toDocument(row);
}

async function whereItStands(ws: WorkspaceCtx, { id, version, failedStep }: DocumentRow): Promise<"queued" | "embedding"> {
  if (failedStep !== "embedding") return "queued";
  const [content] = await ws.tx
    .select({ version: documentContent.version })
    .from(documentContent)
    .where(and(eq(documentContent.documentId, id), eq(documentContent.version, version)));
  return content ? "embedding" : "queued";
}
