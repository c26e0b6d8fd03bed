/**
 * The end of a turn, in one commit behind a fence: the lease is still ours, no newer message came, no person took over, and
 * nobody has switched the agent off.
 * Either the answer is stored, or the fallback and the request for a person; never both, never twice.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import { fallbackIn } from "@axon/ai/language/phrases";
import type { AgentSettings } from "@axon/contracts/agents";
import type { HandoffReason } from "@axon/contracts/answers";
import type { BusinessHours } from "@axon/contracts/business-hours";
import { replyTrace, turn } from "@axon/db/schema/conversations";
import { and, eq, sql } from "drizzle-orm";
import { isOpen } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { holdDocuments, recordApprovedHit } from "../knowledge/index.ts";
import { appendMessage } from "./append-message.ts";
import { changeConversation } from "./change.ts";
import { abandonTurn, type ClaimedTurn } from "./claim-turn.ts";
import { awayText, pendingFor } from "./hand-to-people.ts";
import { noteHandoff } from "./outcomes.ts";
import { recordGap } from "./record-gap.ts";
import { readStance } from "./stance.ts";
import { type ConversationRow, lockConversation } from "./view.ts";

/**
 * Stores the outcome. False when the fence is shut: nothing of the reply was written and nothing of it may be said. Where the
 * agent was switched off, people are asked instead.
 */
export async function settleTurn(ws: WorkspaceCtx, claimed: ClaimedTurn, made: AnswerResult): Promise<boolean> {
  const locked = await lockConversation(ws, claimed.conversationId);
  if (locked.epoch !== claimed.epoch || locked.handler !== "ai") return false;
  const stance = await readStance(ws, locked, { hold: true });
  if (stance.paused) {
    await abandonTurn(ws, claimed);
    return false;
  }
  const result = await standing(ws, made);
  const handsOver = result.action === "handoff" && wantsPerson(claimed.agent.settings, reasonOf(result), locked.failedTurns + 1);
  const ended = await ws.tx
    .update(turn)
    .set({ state: handsOver ? "handed_off" : "settled", endedAt: sql`now()`, leaseUntil: null })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), eq(turn.state, "thinking")))
    .returning({ id: turn.id });
  if (ended.length === 0) return false;
  await ws.tx.insert(replyTrace).values({ workspaceId: ws.workspaceId, turnId: claimed.id, trace: result.trace });
  if (result.action === "answer") await storeAnswer(ws, locked, claimed, result);
  else await storeFallback(ws, locked, claimed, result, { handsOver, hours: stance.hours });
  const { approvedAnswerId } = result.trace;
  if (result.action === "answer" && approvedAnswerId !== undefined) {
    const { id: turnId, question } = claimed;
    await recordApprovedHit(ws, { answerId: approvedAnswerId, turnId, question: question.slice(0, 4000), score: result.confidence });
  }
  await recordGap(ws, claimed, result);
  if (result.reason === "customer_asked") await noteHandoff(ws, locked.id, claimed.firstSeq);
  return true;
}

/** An answer whose document was deleted since it was made is none: it would cite what is gone. */
async function standing(ws: WorkspaceCtx, made: AnswerResult): Promise<AnswerResult> {
  const cited = made.citations.map(({ documentId }) => documentId);
  if (made.action !== "answer" || (await holdDocuments(ws, cited))) return made;
  const reason = "source_deleted";
  return { ...made, action: "handoff", text: "", citations: [], reason, trace: { ...made.trace, path: "none", handoffReason: reason } };
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
  { handsOver, hours }: { handsOver: boolean; hours: BusinessHours | null },
): Promise<void> {
  const settings = inLanguageOf(result, claimed.agent.settings);
  const reason = reasonOf(result);
  // First, so that whoever saw pieces of a reply takes them away before the fallback appears.
  ws.emit({ type: "reply.failed", conversationId: locked.id, replyId: claimed.replyId, turnId: claimed.id, reason });
  const said = await appendMessage(
    ws,
    locked,
    {
      ...byAgent(claimed),
      text: handsOver ? handoverText(settings, locked, hours) : settings.fallbackMessage,
      confidence: result.confidence,
    },
    // Whoever is given to a person still waits for an answer.
    { failedTurns: locked.failedTurns + 1, ...(handsOver && { waitingSince: locked.waitingSince }) },
  );
  if (!handsOver) return;
  await changeConversation(ws, said.conversation, pendingFor(said.conversation, reason), { actor: { kind: "ai", id: null }, reason });
  ws.emit({ type: "handoff.requested", conversationId: locked.id, turnId: claimed.id, reason, confidence: result.confidence });
}

/** Outside of the business hours the customer hears once when people are back, and after that the fallback message. */
function handoverText({ handoff, fallbackMessage }: AgentSettings, locked: ConversationRow, hours: BusinessHours | null): string {
  const now = new Date();
  const away = awayText(locked, hours, now);
  if (away !== null) return away;
  const closed = hours !== null && !isOpen(hours, now);
  return (closed ? null : handoff.message) ?? fallbackMessage;
}

/** The settings with what is said for want of an answer in the customer's language, unless its owner wrote it. */
export function inLanguageOf({ trace }: Pick<AnswerResult, "trace">, settings: AgentSettings): AgentSettings {
  return { ...settings, fallbackMessage: fallbackIn(trace.language?.question ?? null, settings.fallbackMessage) };
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
