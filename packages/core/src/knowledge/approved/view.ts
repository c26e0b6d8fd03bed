/**
 * How approved answers look to callers, and how their text looks to the search.
 *
 * @module
 */
import { indexLexemes } from "@axon/ai/lexical/analyze";
import type { ApprovedAnswer } from "@axon/contracts/approved";
import type { Audience } from "@axon/contracts/knowledge";
import { approvedAnswer, approvedQuestion, document } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";

export type AnswerRow = typeof approvedAnswer.$inferSelect;

/** Whether a document that the message cited was deleted, or says something else, since the answer was written or changed. */
const restsOnChanged = sql<boolean>`exists (
  select 1 from message m cross join jsonb_array_elements(m.citations) cited
  where m.workspace_id = ${approvedAnswer.workspaceId} and m.id = ${approvedAnswer.fromMessageId}
    and (not exists (select 1 from document d where d.workspace_id = m.workspace_id and d.id = (cited->>'documentId')::uuid)
      or exists (select 1 from chunk c where c.workspace_id = m.workspace_id and c.document_id = (cited->>'documentId')::uuid
        and greatest(c.published_at, c.retired_at) > ${approvedAnswer.updatedAt})))`;

/** Answers with the audience of their documents, ready for a `where`. */
export function selectAnswers(ws: WorkspaceCtx) {
  return ws.tx
    .select({ answer: approvedAnswer, audience: document.audience, stale: restsOnChanged })
    .from(approvedAnswer)
    .innerJoin(document, and(eq(document.workspaceId, approvedAnswer.workspaceId), eq(document.id, approvedAnswer.documentId)));
}

export function toAnswer({ answer: row, audience, stale }: { answer: AnswerRow; audience: Audience; stale: boolean }): ApprovedAnswer {
  const { id, sourceId, documentId, questions, answer, enabled, hits, lastHitAt, fromMessageId, createdAt, updatedAt } = row;
  return { id, sourceId, documentId, questions, answer, enabled, audience, hits, lastHitAt, fromMessageId, stale, createdAt, updatedAt };
}

/** Refuses with `not_found`. */
export async function getAnswer(ws: WorkspaceCtx, answerId: string): Promise<ApprovedAnswer> {
  const [row] = await selectAnswers(ws).where(eq(approvedAnswer.id, answerId));
  if (!row) throw notFound("approved answer");
  return toAnswer(row);
}

/** What its document holds: the questions, then the answer. */
export function documentText(questions: readonly string[], answer: string): string {
  return [...questions, "", answer].join("\n");
}

/** The longest name that a document may have, in characters. */
const nameCharsMax = 255;

export function documentName(questions: readonly string[]): string {
  return (questions[0] ?? "").slice(0, nameCharsMax);
}

/** Writes the questions as they are compared with; their vectors follow by a job, and until then words alone decide. */
export async function writeQuestions(ws: WorkspaceCtx, answerId: string, questions: readonly string[]): Promise<void> {
  await ws.tx.delete(approvedQuestion).where(eq(approvedQuestion.answerId, answerId));
  await ws.tx.insert(approvedQuestion).values(
    questions.map((question, position) => ({
      workspaceId: ws.workspaceId,
      answerId,
      position,
      question,
      lexemes: indexLexemes("", [], question).tsvector,
    })),
  );
}

/** Has the vectors made that are missing, or that another embedder made. */
export function embedLater(ws: WorkspaceCtx, cause: string): void {
  ws.enqueue("knowledge.embed-answers", { workspaceId: ws.workspaceId }, { key: `embed-answers-${ws.workspaceId}-${cause}` });
}
