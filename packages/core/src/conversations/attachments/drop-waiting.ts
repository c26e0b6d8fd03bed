/**
 * Files that were announced and that no message came with.
 *
 * @module
 */
import { attachmentWaitHours } from "@axon/contracts/attachments";
import { attachment } from "@axon/db/schema/contacts";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { purgeAttachmentFiles } from "../../internal/attachment-files.ts";

/** Removes it if a message was waited for in vain, with its bytes. Twice is once. */
export async function dropAttachment(ws: WorkspaceCtx, attachmentId: string): Promise<void> {
  const gone = await ws.tx
    .delete(attachment)
    .where(
      and(
        eq(attachment.id, attachmentId),
        isNull(attachment.messageId),
        sql`${attachment.createdAt} < now() - ${attachmentWaitHours} * interval '1 hour'`,
      ),
    )
    .returning({ id: attachment.id });
  if (gone.length > 0) purgeAttachmentFiles(ws, attachmentId, [attachmentId]);
}
