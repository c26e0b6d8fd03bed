/**
 * Files of messages, for those who may have them.
 *
 * @module
 */
import { attachment } from "@axon/db/schema/contacts";
import { conversation, message } from "@axon/db/schema/conversations";
import { and, eq } from "drizzle-orm";
import type { Visitor } from "../../channels/index.ts";
import type { InWorkspace, WorkspaceCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { workspaceAlive } from "../../internal/alive.ts";
import { attachmentKey } from "../../internal/attachment-files.ts";
import { type AttachmentRow, ofCaller } from "./uploads.ts";

/** A file as it is handed out. */
export interface StoredAttachment {
  key: string;
  name: string;
  mime: string;
  bytes: number;
}

/** Any file of a message, for a member; before that its sender's alone. Refuses with `not_found`. */
export async function requireAttachment(ws: WorkspaceCtx, attachmentId: string): Promise<{ id: string }> {
  const [row] = await ws.tx.select().from(attachment).where(eq(attachment.id, attachmentId));
  if (row?.state !== "ready" || (row.messageId === null && !isOf(ws, row))) throw notFound("attachment");
  return { id: row.id };
}

/** For a visitor: files of public messages of their conversations, and what they send themselves. Refuses with `not_found`. */
export async function requireVisitorAttachment(ws: WorkspaceCtx, visitor: Visitor, attachmentId: string): Promise<{ id: string }> {
  const [own] = await ws.tx
    .select({ id: attachment.id })
    .from(attachment)
    .where(and(eq(attachment.id, attachmentId), eq(attachment.state, "ready"), ofCaller(ws)));
  if (own) return own;
  const [shown] = await ws.tx
    .select({ id: attachment.id })
    .from(attachment)
    .innerJoin(message, and(eq(message.workspaceId, attachment.workspaceId), eq(message.id, attachment.messageId)))
    .innerJoin(conversation, and(eq(conversation.workspaceId, message.workspaceId), eq(conversation.id, message.conversationId)))
    .where(
      and(
        eq(attachment.id, attachmentId),
        eq(message.visibility, "public"),
        eq(conversation.contactId, visitor.contactId),
        eq(conversation.channelId, visitor.channelId),
      ),
    );
  if (!shown) throw notFound("attachment");
  return shown;
}

/** What a good link leads to; null when it is gone since, or its workspace is. */
export async function findStoredAttachment(
  inWorkspace: InWorkspace,
  workspaceId: string,
  attachmentId: string,
): Promise<StoredAttachment | null> {
  const [row] = await inWorkspace(workspaceId, (ws) =>
    ws.tx
      .select()
      .from(attachment)
      .where(and(eq(attachment.id, attachmentId), eq(attachment.state, "ready"), workspaceAlive(ws))),
  );
  return row ? { key: attachmentKey(workspaceId, row.id), name: row.name, mime: row.mime, bytes: row.bytes } : null;
}

function isOf({ caller }: WorkspaceCtx, row: AttachmentRow): boolean {
  return row.senderKind === caller.kind && row.senderId === caller.id;
}
