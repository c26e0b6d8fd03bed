/**
 * An approved answer out of what somebody has said in a conversation: the customer's question, the reply to it.
 *
 * @module
 */
import { type ApprovedAnswer, approvedQuestionsMax, type createAnswerInput } from "@axon/contracts/approved";
import { message } from "@axon/db/schema/conversations";
import { and, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { createAnswer, type KnowledgeDeps } from "../knowledge/index.ts";

type Input = z.output<typeof createAnswerInput>;

/** As long as a question, and an answer, may be. */
const questionCharsMax = 500;
const answerCharsMax = 8_000;

/**
 * Refuses with `not_found` (the message, the source), with `invalid_state` for a message of the customer or a note among
 * ourselves, with `validation` when a question or the answer is neither given nor found, and as `createAnswer` does.
 */
export async function approveReply(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "files">,
  workspaceId: string,
  input: Input,
  by: string | null,
): Promise<ApprovedAnswer> {
  const { fromMessageId } = input;
  const found = fromMessageId === undefined ? null : await deps.inWorkspace(workspaceId, (ws) => readReply(ws, fromMessageId));
  const questions = input.questions ?? (found?.question ? [found.question] : undefined);
  const answer = input.answer ?? found?.answer;
  if (questions === undefined || questions.length > approvedQuestionsMax) throw missing("questions");
  if (answer === undefined) throw missing("answer");
  return createAnswer(deps, workspaceId, { ...input, questions, answer }, by);
}

function missing(field: string): Refusal {
  const problem = "must be given: there is no message that it could be taken from";
  return new Refusal("validation", `${field} ${problem}`, { fields: { [field]: problem } });
}

/** What the customer had asked since the reply before, and the reply. */
async function readReply(ws: WorkspaceCtx, messageId: string): Promise<{ question: string; answer: string }> {
  const [reply] = await ws.tx.select().from(message).where(eq(message.id, messageId));
  if (!reply) throw notFound("message");
  if (reply.authorKind === "contact" || reply.visibility !== "public") {
    throw new Refusal("invalid_state", "Only a public reply can be approved, not what the customer wrote or a note");
  }
  const earlier = and(eq(message.conversationId, reply.conversationId), lt(message.seq, reply.seq), eq(message.visibility, "public"));
  const [lastAsked] = await ws.tx
    .select({ seq: message.seq })
    .from(message)
    .where(and(earlier, eq(message.authorKind, "contact")))
    .orderBy(desc(message.seq))
    .limit(1);
  if (!lastAsked) return { question: "", answer: reply.text.slice(0, answerCharsMax) };
  const since = sql`coalesce((select max(b.seq) from message b where b.workspace_id = ${ws.workspaceId}::uuid
    and b.conversation_id = ${reply.conversationId}::uuid and b.seq < ${lastAsked.seq} and b.author_kind <> 'contact'), 0)`;
  const asked = await ws.tx
    .select({ text: message.text })
    .from(message)
    .where(and(earlier, eq(message.authorKind, "contact"), gt(message.seq, since)))
    .orderBy(desc(message.seq))
    .limit(10);
  const question = asked
    .map(({ text }) => text.trim())
    .reverse()
    .join(" ");
  return { question: question.length < 3 ? "" : question.slice(0, questionCharsMax), answer: reply.text.slice(0, answerCharsMax) };
}
