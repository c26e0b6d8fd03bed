/**
 * A visitor writes.
 *
 * @module
 */
import type { VisitorConversation, VisitorMessage, VisitorSendInput } from "@axon/contracts/widget";
import { conversation } from "@axon/db/schema/conversations";
import { readAgent } from "../agents/index.ts";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { holdStandingContact } from "../internal/standing-contact.ts";
import { whereToWrite } from "./continue-talk.ts";
import { receiveMessage } from "./receive-message.ts";
import { lockConversation, readConversation } from "./view.ts";
import { toVisitorConversation, toVisitorMessage, visitorConversationId } from "./visitor-view.ts";
import { findVisitorConversation } from "./widget-read.ts";

/**
 * Writes into the visitor's conversation; the first message begins it, with the channel's agent of that moment, and one that comes
 * long after the end begins another. The same `clientMessageId` again gives the first message.
 */
export async function sendAsVisitor(
  ws: WorkspaceCtx,
  visitor: Visitor,
  input: VisitorSendInput,
): Promise<{ message: VisitorMessage; conversation: VisitorConversation }> {
  const { channelId, contactId, agentId } = visitor;
  const own = await findVisitorConversation(ws, visitor);
  const id = own?.id ?? visitorConversationId(visitor);
  if (own === null) {
    // Held: whoever is erased in this moment gets no conversation any more, and whoever is merged has that of who they are.
    const held = await holdStandingContact(ws, contactId);
    if (held === null) throw new Refusal("unauthorized", "This visit has ended, open the widget again");
    if (held.id !== contactId) return sendAsVisitor(ws, { ...visitor, contactId: held.id }, input);
    const [begun] = await ws.tx
      .insert(conversation)
      .values({ workspaceId: ws.workspaceId, id, channelId, contactId, agentId })
      .onConflictDoNothing()
      .returning({ id: conversation.id });
    if (begun) ws.emit({ type: "conversation.created", conversationId: id, conversation: await readConversation(ws, id) });
  }
  const locked = await whereToWrite(ws, await lockConversation(ws, id), input);
  const agent = await readAgent(ws, locked.agentId);
  const received = await receiveMessage(ws, locked, input, { as: "contact" }, agent);
  return { message: toVisitorMessage(received.message), conversation: toVisitorConversation(received.conversation) };
}
