/**
 * A note among colleagues, in the conversation that it is about. No customer ever sees it and no agent reads it; it supersedes no
 * reply, opens nothing, and leaves the conversation where it is in the inbox.
 *
 * @module
 */
import type { Message } from "@axon/contracts/conversations";
import type { NoteInput } from "@axon/contracts/inbox";
import { message } from "@axon/db/schema/conversations";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { appendMessage } from "../append-message.ts";
import { holdAttachments } from "../attachments/attach.ts";
import { lockConversation, toMessage } from "../view.ts";

/**
 * Refuses with `not_found`, and with `invalid_state` when `clientMessageId` was that of a message to the customer. The same
 * `clientMessageId` again gives the first note.
 */
export async function addNote(ws: WorkspaceCtx, { conversationId, text, ...input }: NoteInput): Promise<{ message: Message }> {
  const clientMessageId = input.clientMessageId ?? null;
  const locked = await lockConversation(ws, conversationId);
  if (clientMessageId !== null) {
    const [earlier] = await ws.tx
      .select()
      .from(message)
      .where(and(eq(message.conversationId, conversationId), eq(message.clientMessageId, clientMessageId)));
    if (earlier?.visibility === "public") throw new Refusal("invalid_state", "This clientMessageId was that of a message to the customer");
    if (earlier) return { message: toMessage(earlier) };
  }
  const written = await appendMessage(ws, locked, {
    authorKind: "member",
    authorId: ws.caller.kind === "user" ? ws.caller.id : null,
    authorName: ws.caller.name,
    text,
    visibility: "internal",
    clientMessageId,
    attachments: await holdAttachments(ws, locked, input.attachmentIds),
  });
  return { message: toMessage(written.message) };
}
