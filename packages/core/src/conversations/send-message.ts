/**
 * One more message in a conversation.
 *
 * @module
 */
import type { Message, SendInput } from "@axon/contracts/conversations";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { receiveMessage, type Speaker } from "./receive-message.ts";
import { lockConversation } from "./view.ts";

/** Refuses with `not_found`. The same `clientMessageId` again gives the first message. */
export async function sendMessage(ws: WorkspaceCtx, input: SendInput, speaker: Speaker): Promise<{ message: Message }> {
  const locked = await lockConversation(ws, input.conversationId);
  const { settings } = await readAgent(ws, locked.agentId);
  const { message } = await receiveMessage(ws, locked, input, speaker, settings);
  return { message };
}
