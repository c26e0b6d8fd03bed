/**
 * The end of a turn, in one commit behind a fence: the lease is still ours, no newer message came, no person took over.
 * Either the answer is stored, or the fallback and the request for a person; never both, never twice.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import type { AgentSettings } from "@axon/contracts/agents";
import type { HandoffReason } from "@axon/contracts/answers";
import { conversation, replyTrace, turn } from "@axon/db/schema/conversations";
import { and, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { appendMessage } from "./append-message.ts";
import type { ClaimedTurn } from "./claim-turn.ts";
import { type ConversationRow, lockConversation } from "./view.ts";

/** Stores the outcome. False when the fence is shut: nothing was written and nothing may be said. */
export async function settleTurn(ws: WorkspaceCtx, claimed: ClaimedTurn, result: AnswerResult): Promise<boolean> {
  const locked = await lockConversation(ws, claimed.conversationId);
  if (locked.epoch !== claimed.epoch || locked.handler !== "ai") return false;
  const handsOver = result.action === "handoff" && wantsPerson(claimed.agent.settings, reasonOf(result), locked.failedTurns + 1);
  const ended = await ws.tx
    .update(turn)
    .set({ state: handsOver ? "handed_off" : "settled", endedAt: sql`now()`, leaseUntil: null })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), eq(turn.state, "thinking")))
    .returning({ id: turn.id });
  if (ended.length === 0) return false;
  await ws.tx.insert(replyTrace).values({ workspaceId: ws.workspaceId, turnId: claimed.id, trace: result.trace });
  if (result.action === "answer") await storeAnswer(ws, locked, claimed, result);
  else await storeFallback(ws, locked, claimed, result, handsOver);
  return true;
}

async function storeAnswer(ws: WorkspaceCtx, locked: ConversationRow, claimed: ClaimedTurn, result: AnswerResult): Promise<void> {
  const { message } = await appendMessage(
    ws,
    locked,
    { ...byAgent(claimed), text: result.text, citations: result.citations, confidence: result.confidence },
    { failedTurns: 0 },
  );
  ws.emit({
    type: "reply.completed",
    conversationId: locked.id,
    replyId: claimed.replyId,
    turnId: claimed.id,
    messageId: message.id,
    text: result.text,
    confidence: result.confidence,
  });
}

async function storeFallback(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  claimed: ClaimedTurn,
  result: AnswerResult,
  handsOver: boolean,
): Promise<void> {
  const { settings } = claimed.agent;
  const reason = reasonOf(result);
  // First, so that whoever saw pieces of a reply takes them away before the fallback appears.
  ws.emit({ type: "reply.failed", conversationId: locked.id, replyId: claimed.replyId, turnId: claimed.id, reason });
  await appendMessage(
    ws,
    locked,
    { ...byAgent(claimed), text: (handsOver ? settings.handoff.message : null) ?? settings.fallbackMessage, confidence: result.confidence },
    { failedTurns: locked.failedTurns + 1 },
  );
  if (!handsOver) return;
  await ws.tx
    .update(conversation)
    .set({ status: "pending", handoffReason: reason, handoffAt: sql`now()` })
    .where(eq(conversation.id, locked.id));
  if (locked.status !== "pending") {
    ws.emit({ type: "conversation.updated", conversationId: locked.id, status: "pending", handler: "ai", actor: "ai", reason });
  }
  ws.emit({ type: "handoff.requested", conversationId: locked.id, turnId: claimed.id, reason, confidence: result.confidence });
}

function byAgent(claimed: ClaimedTurn) {
  return { authorKind: "ai" as const, authorName: claimed.agent.settings.name, turnId: claimed.id };
}

function reasonOf(result: AnswerResult): HandoffReason {
  return result.reason ?? "low_confidence";
}

/** Whether this kind of failure asks for a person, by the agent's own settings. `failedTurns` counts this one. */
function wantsPerson({ handoff }: AgentSettings, reason: HandoffReason, failedTurns: number): boolean {
  if (!handoff.enabled) return false;
  if (failedTurns >= handoff.afterFailedTurns) return true;
  if (reason === "customer_asked") return handoff.onRequest;
  if (reason === "low_confidence" || reason === "no_knowledge") return handoff.onLowConfidence;
  return true;
}
