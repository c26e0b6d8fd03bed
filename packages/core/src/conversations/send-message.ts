/**
 * One more message in a conversation.
 *
 * @module
 */
import type { Message, SendInput } from "@axon/contracts/conversations";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { readAnswer, recordOutcome } from "./outcomes.ts";
import { receiveMessage, type Speaker } from "./receive-message.ts";
import { lockConversation } from "./view.ts";

/**
 * Refuses with `not_found` (the conversation, the answer that is put right), and with `validation` or `invalid_state` when that
 * is not a member's to say, or no answer. The same `clientMessageId` again gives the first message.
 */
export async function sendMessage(ws: WorkspaceCtx, input: SendInput, speaker: Speaker): Promise<{ message: Message }> {
  const locked = await lockConversation(ws, input.conversationId);
  const agent = await readAgent(ws, locked.agentId);
  if (input.corrects !== undefined) await putRight(ws, input.conversationId, input.corrects, speaker);
  const { message } = await receiveMessage(ws, locked, input, speaker, agent);
  return { message };
}

async function putRight(ws: WorkspaceCtx, conversationId: string, messageId: string, speaker: Speaker): Promise<void> {
  if (speaker.as !== "member") {
    const problem = "is a member's to say, not a customer's";
    throw new Refusal("validation", `corrects ${problem}`, { fields: { corrects: problem } });
  }
  const answer = await readAnswer(ws, conversationId, messageId);
  await recordOutcome(ws, answer, { source: "correction", outcome: "bad", byId: speaker.accountId });
}
