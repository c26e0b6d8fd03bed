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
import { receiveMessage } from "./receive-message.ts";
import { lockConversation, readConversation } from "./view.ts";
import { toVisitorConversation, toVisitorMessage, visitorConversationId } from "./visitor-view.ts";

/**
 * Writes into the visitor's conversation; the first message begins it, with the channel's agent of that moment. The same
 * `clientMessageId` again gives the first message.
 */
export async function sendAsVisitor(
  ws: WorkspaceCtx,
  visitor: Visitor,
  input: VisitorSendInput,
): Promise<{ message: VisitorMessage; conversation: VisitorConversation }> {
  const { channelId, contactId, agentId } = visitor;
  const id = visitorConversationId(visitor);
  const [begun] = await ws.tx
    .insert(conversation)
    .values({ workspaceId: ws.workspaceId, id, channelId, contactId, agentId })
    .onConflictDoNothing()
    .returning({ id: conversation.id });
  if (begun) ws.emit({ type: "conversation.created", conversationId: id, conversation: await readConversation(ws, id) });
  const locked = await lockConversation(ws, id);
  const agent = await readAgent(ws, locked.agentId);
  const received = await receiveMessage(ws, locked, input, { as: "contact" }, agent);
  return { message: toVisitorMessage(received.message), conversation: toVisitorConversation(received.conversation) };
}
