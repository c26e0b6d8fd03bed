/**
 * Where the files of attachments lie, and having them removed. Each has two places: one that its upload link writes to, and one
 * that no link ever did, for what was looked at and found good.
 *
 * @module
 */
import { uploadSecondsMax } from "@axon/contracts/knowledge";
import { attachment } from "@axon/db/schema/contacts";
import { inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

const attachmentsPerJobMax = 500;
/** After the last link to upload has run out, and a little more for clocks. */
const lateUploadsMs = (uploadSecondsMax + 300) * 1000;

/** Where its upload link puts it. */
export function incomingKey(workspaceId: string, attachmentId: string): string {
  return `${workspaceId}/${attachmentId}/in`;
}

/** Where it lies for good. */
export function attachmentKey(workspaceId: string, attachmentId: string): string {
  return `${workspaceId}/${attachmentId}/file`;
}

export function attachmentKeys(workspaceId: string, ids: readonly string[]): string[] {
  return ids.flatMap((id) => [attachmentKey(workspaceId, id), incomingKey(workspaceId, id)]);
}

/** Has the files removed after this commit, and once more when no link to upload lasts any longer. `cause` names the occasion. */
export function purgeAttachmentFiles(ws: Pick<WorkspaceCtx, "workspaceId" | "enqueue">, cause: string, ids: readonly string[]): void {
  for (let start = 0; start < ids.length; start += attachmentsPerJobMax) {
    const storageKeys = attachmentKeys(ws.workspaceId, ids.slice(start, start + attachmentsPerJobMax));
    const payload = { workspaceId: ws.workspaceId, storageKeys };
    ws.enqueue("knowledge.purge", payload, { key: `purge-files-${cause}-${start}` });
    ws.enqueue("knowledge.purge", payload, { key: `purge-files-${cause}-${start}-late`, delayMs: lateUploadsMs });
  }
}

/** Of conversations that are about to be removed: their files go with them. */
export async function purgeFilesOfConversations(ws: WorkspaceCtx, conversationIds: readonly string[]): Promise<void> {
  const [first] = conversationIds;
  if (first === undefined) return;
  const rows = await ws.tx
    .delete(attachment)
    .where(inArray(attachment.conversationId, [...conversationIds]))
    .returning({ id: attachment.id });
  purgeAttachmentFiles(
    ws,
    first,
    rows.map(({ id }) => id),
  );
}
