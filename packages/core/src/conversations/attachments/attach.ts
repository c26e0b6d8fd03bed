/**
 * Files that come with a message: whose they are, and that no file comes with two.
 *
 * @module
 */
import type { AttachedFile } from "@axon/contracts/attachments";
import { attachment } from "@axon/db/schema/contacts";
import { conversation } from "@axon/db/schema/conversations";
import { and, eq, inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import { ofCaller, toAttachedFile } from "./uploads.ts";

/**
 * The files that the caller sends into this conversation, held until the commit; they may have been announced for an earlier one
 * of the same customer. Refuses with `not_found` those of another customer or sender, with `upload_missing` those that were not
 * completed, and with `invalid_state` those that came with a message already.
 */
export async function holdAttachments(
  ws: WorkspaceCtx,
  into: { id: string; contactId: string },
  ids: readonly string[] | undefined,
): Promise<AttachedFile[]> {
  if (ids === undefined || ids.length === 0) return [];
  const wanted = [...new Set(ids.map((id) => id.toLowerCase()))];
  const rows = await ws.tx
    .select({ file: attachment, contactId: conversation.contactId })
    .from(attachment)
    .leftJoin(conversation, and(eq(conversation.workspaceId, attachment.workspaceId), eq(conversation.id, attachment.conversationId)))
    .where(and(inArray(attachment.id, wanted), ofCaller(ws)))
    .orderBy(attachment.id)
    .for("update", { of: attachment });
  return wanted.map((id) => {
    const row = rows.find(({ file }) => file.id === id);
    if (!row || (row.contactId !== null && row.contactId !== into.contactId)) throw notFound("attachment");
    const { file } = row;
    if (file.state !== "ready") throw new Refusal("upload_missing", "Complete the upload of this file first", { attachmentId: id });
    if (file.messageId !== null) throw new Refusal("invalid_state", "This file came with a message already", { attachmentId: id });
    return toAttachedFile(file);
  });
}

/** Writes down with which message the held files came. */
export async function linkAttachments(
  ws: WorkspaceCtx,
  message: { id: string; conversationId: string },
  files: readonly AttachedFile[],
): Promise<void> {
  if (files.length === 0) return;
  await ws.tx
    .update(attachment)
    .set({ messageId: message.id, conversationId: message.conversationId })
    .where(
      inArray(
        attachment.id,
        files.map(({ id }) => id),
      ),
    );
}
