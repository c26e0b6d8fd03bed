/**
 * Writing a message: the next number, and the event that tells of it.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { conversation, message } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { type ConversationRow, type MessageRow, toMessage } from "./view.ts";

type NewMessage = Pick<
  typeof message.$inferInsert,
  "authorKind" | "authorId" | "authorName" | "text" | "citations" | "confidence" | "clientMessageId" | "turnId"
>;

/**
 * Appends to a conversation that the caller has locked, and makes `change` to it in the same statement.
 * Gives the message and the conversation as they are now.
 */
export async function appendMessage(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  content: NewMessage,
  change: Partial<typeof conversation.$inferInsert> = {},
): Promise<{ message: MessageRow; conversation: ConversationRow }> {
  const [after] = await ws.tx
    .update(conversation)
    .set({ messageSeq: sql`${conversation.messageSeq} + 1`, lastMessageAt: sql`now()`, ...change })
    .where(eq(conversation.id, locked.id))
    .returning();
  if (!after) throw new Error("a locked conversation vanished");
  const [row] = await ws.tx
    .insert(message)
    .values({ workspaceId: ws.workspaceId, id: newId(), conversationId: locked.id, seq: after.messageSeq, ...content })
    .returning();
  if (!row) throw new Error("a message was not inserted");
  ws.emit({ type: "message.created", conversationId: locked.id, message: toMessage(row) });
  return { message: row, conversation: after };
}
