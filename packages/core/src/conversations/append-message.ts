/**
 * Writing a message: the next number, who waits for whom since it came, and the event that tells of it.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { conversation, message } from "@axon/db/schema/conversations";
import { eq, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { linkAttachments } from "./attachments/attach.ts";
import type { ConversationChange } from "./change.ts";
import { moveTags } from "./inbox/tags.ts";
import { keepWords } from "./inbox/words.ts";
import { type ConversationRow, type MessageRow, toMessage } from "./view.ts";

type NewMessage = Pick<
  typeof message.$inferInsert,
  | "authorKind"
  | "authorId"
  | "authorName"
  | "text"
  | "visibility"
  | "citations"
  | "attachments"
  | "confidence"
  | "clientMessageId"
  | "turnId"
  | "automatic"
  | "sentAt"
>;

/** What nobody needs to be told of: the rest of a conversation goes through `changeConversation`. */
type Quiet = Pick<ConversationChange, "epoch" | "failedTurns" | "waitingSince">;

/**
 * Appends to a conversation that the caller has locked, and makes `change` to it in the same statement.
 * Gives the message and the conversation as they are now.
 */
export async function appendMessage(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  content: NewMessage,
  change: Quiet = {},
): Promise<{ message: MessageRow; conversation: ConversationRow }> {
  const [after] = await ws.tx
    .update(conversation)
    .set({
      messageSeq: sql`${conversation.messageSeq} + 1`,
      ...(content.visibility === "internal" ? {} : { lastMessageAt: sql`now()` }),
      waitingSince: waitingSince(locked, content),
      ...change,
    })
    .where(eq(conversation.id, locked.id))
    .returning();
  if (!after) throw new Error("a locked conversation vanished");
  const [row] = await ws.tx
    .insert(message)
    .values({ workspaceId: ws.workspaceId, id: newId(), conversationId: locked.id, seq: after.messageSeq, ...content })
    .returning();
  if (!row) throw new Error("a message was not inserted");
  await keepWords(ws, row);
  if (after.tags.length > 0) await moveTags(ws, after);
  await linkAttachments(ws, row, row.attachments);
  ws.emit({ type: "message.created", conversationId: locked.id, message: toMessage(row) });
  return { message: row, conversation: after };
}

/** A customer waits from their first message on, until somebody answers. Notes, machines and Axon's own words change nothing. */
function waitingSince(locked: ConversationRow, { authorKind, visibility, automatic }: NewMessage): string | SQL | null {
  if (visibility === "internal" || automatic === true || authorKind === "system") return locked.waitingSince;
  return authorKind === "contact" ? (locked.waitingSince ?? sql`now()`) : null;
}
