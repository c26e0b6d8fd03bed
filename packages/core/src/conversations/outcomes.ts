/**
 * How replies fared: what customers and members say of an answer, and what is seen to follow it. One row for each reply and
 * each source; said again, the last word counts. What is to be learned from it is analytics' affair.
 *
 * @module
 */
import type { AnswerTrace } from "@axon/contracts/answers";
import type { OutcomeSource } from "@axon/contracts/calibration";
import { newId } from "@axon/db/ids";
import { conversation, message, replyTrace } from "@axon/db/schema/conversations";
import { replyOutcome } from "@axon/db/schema/evaluation";
import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";

/** An answer of an agent, with what it promised. */
export interface GivenAnswer {
  messageId: string;
  turnId: string;
  agentId: string;
  confidence: number;
  /** The coefficients behind it, or the way it came about when nothing was weighed. */
  confidenceModel: string;
}

interface Word {
  source: OutcomeSource;
  outcome: "good" | "bad";
  comment?: string | undefined;
  /** Whose word it is; null for what was only observed. */
  byId: string | null;
}

/** Writes down how an answer fared, in place of what the same source said before. */
export async function recordOutcome(
  ws: WorkspaceCtx,
  { turnId, agentId, confidence, confidenceModel }: GivenAnswer,
  { source, outcome, comment, byId }: Word,
): Promise<void> {
  const said = { outcome, comment: comment ?? null, byId };
  await ws.tx
    .insert(replyOutcome)
    .values({ workspaceId: ws.workspaceId, id: newId(), turnId, agentId, source, confidence, confidenceModel, ...said })
    .onConflictDoUpdate({
      target: [replyOutcome.workspaceId, replyOutcome.turnId, replyOutcome.source],
      set: { ...said, updatedAt: sql`now()` },
    });
}

/** Refuses with `not_found` (the message in this conversation), and with `invalid_state` for what is no answer of an agent. */
export async function readAnswer(ws: WorkspaceCtx, conversationId: string, messageId: string): Promise<GivenAnswer> {
  const [row] = await selectReplies(ws).where(and(eq(message.conversationId, conversationId), eq(message.id, messageId)));
  if (!row) throw notFound("message");
  const answer = toAnswer(row);
  if (answer === null) throw new Refusal("invalid_state", "Only an answer that the agent gave can be judged");
  return answer;
}

/** A customer who turns to a person right after an answer was not helped by it. `beforeSeq`: what was said before this message. */
export async function noteHandoff(ws: WorkspaceCtx, conversationId: string, beforeSeq: number): Promise<void> {
  const [last] = await selectReplies(ws)
    .where(
      and(
        eq(message.conversationId, conversationId),
        lt(message.seq, beforeSeq),
        eq(message.visibility, "public"),
        inArray(message.authorKind, ["ai", "member"]),
      ),
    )
    .orderBy(desc(message.seq))
    .limit(1);
  const answer = last ? toAnswer(last) : null;
  if (answer) await recordOutcome(ws, answer, { source: "handoff", outcome: "bad", byId: null });
}

function selectReplies(ws: WorkspaceCtx) {
  return ws.tx
    .select({
      messageId: message.id,
      turnId: message.turnId,
      authorKind: message.authorKind,
      agentId: conversation.agentId,
      trace: replyTrace.trace,
    })
    .from(message)
    .innerJoin(conversation, and(eq(conversation.workspaceId, message.workspaceId), eq(conversation.id, message.conversationId)))
    .leftJoin(replyTrace, and(eq(replyTrace.workspaceId, message.workspaceId), eq(replyTrace.turnId, message.turnId)));
}

interface Reply {
  messageId: string;
  turnId: string | null;
  authorKind: string;
  agentId: string;
  trace: AnswerTrace | null;
}

/** null for a person's words, and for the fallback of an agent that did not know. */
function toAnswer({ messageId, turnId, authorKind, agentId, trace }: Reply): GivenAnswer | null {
  if (authorKind !== "ai" || turnId === null || trace === null || trace.handoffReason !== null) return null;
  const { value, model, inputs } = trace.confidence;
  const unweighed = trace.path ?? (Object.keys(inputs).length === 0 ? "small_talk" : "generated");
  return { messageId, turnId, agentId, confidence: value, confidenceModel: unweighed === "generated" ? model : unweighed };
}
