/**
 * One more message in a conversation.
 *
 * @module
 */
import type { Message, SendInput } from "@axon/contracts/conversations";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { requireEnd, whereToWrite } from "./continue-talk.ts";
import { readAnswer, recordOutcome } from "./outcomes.ts";
import { findByClientId, receiveMessage, type Speaker } from "./receive-message.ts";
import { type ConversationRow, lockConversation } from "./view.ts";

/**
 * Refuses with `not_found` (the conversation, the answer that is put right), and with `validation` or `invalid_state` when that
 * is not a member's to say, or no answer, and with `invalid_state` a member's where the customer has gone on in another
 * conversation. A customer's own goes there by itself. The same `clientMessageId` again gives the first message.
 */
export async function sendMessage(ws: WorkspaceCtx, input: SendInput, speaker: Speaker): Promise<{ message: Message }> {
  const named = await lockConversation(ws, input.conversationId);
  const locked = await placeFor(ws, named, input, speaker);
  const agent = await readAgent(ws, locked.agentId);
  if (input.corrects !== undefined) await putRight(ws, input.conversationId, input.corrects, speaker);
  const { message } = await receiveMessage(ws, locked, input, speaker, agent);
  return { message };
}

async function placeFor(ws: WorkspaceCtx, named: ConversationRow, input: SendInput, speaker: Speaker): Promise<ConversationRow> {
  if (speaker.as === "contact") return whereToWrite(ws, named, input);
  const reopens = named.status === "resolved" && input.automatic !== true;
  if (reopens && (await findByClientId(ws, named.id, input.clientMessageId)) === null) await requireEnd(ws, named);
  return named;
}

async function putRight(ws: WorkspaceCtx, conversationId: string, messageId: string, speaker: Speaker): Promise<void> {
  if (speaker.as !== "member") {
    const problem = "is a member's to say, not a customer's";
    throw new Refusal("validation", `corrects ${problem}`, { fields: { corrects: problem } });
  }
  const answer = await readAnswer(ws, conversationId, messageId);
  await recordOutcome(ws, answer, { source: "correction", outcome: "bad", byId: speaker.accountId });
}
