/**
 * The entries of golden questions, evaluations, replays, approved answers and gaps in the table of isolation cases, and
 * what a workspace has of them.
 *
 * @module
 */

import type { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import type { Owner } from "./app.fixture.ts";
import type { Case, Entry } from "./isolation-cases.fixture.ts";
import { until } from "./processes.fixture.ts";

/** What one workspace has to name. */
export interface EvaluationThings {
  goldenQuestionId: string;
  /** Ended. */
  evaluationId: string;
  faqSourceId: string;
  answerId: string;
  /** Answered, and its reply. */
  turnId: string;
  messageId: string;
  gapId: string;
}

/** One of each, all about `text`. `database` goes past the fences: a gap that nobody asked for is the quickest. */
export async function newEvaluationThings(
  { client, workspaceId }: Owner,
  agentId: string,
  conversationId: string,
  text: string,
  database: ReturnType<typeof openPool>,
): Promise<EvaluationThings> {
  const { api } = client;
  const { id: goldenQuestionId } = await api.agents.golden.create.mutate({
    agentId,
    question: `True or not? ${text}`,
  });
  const { id: evaluationId } = await api.agents.evaluate.mutate({ agentId });
  const { id: faqSourceId } = await api.knowledge.sources.create.mutate({ kind: "faq", name: "Answers" });
  const { id: answerId, documentId } = await api.knowledge.answers.create.mutate({
    sourceId: faqSourceId,
    questions: [`Where is it said? ${text}`],
    answer: text,
  });
  await client.waitForDocument(documentId);
  await until(async () => (await api.agents.evaluations.get.query({ evaluationId })).state === "done", "the evaluation to end");
  await until(
    async () => (await database`select 1 from approved_question where answer_id = ${answerId} and embedding is null`).length === 0,
    "its vector",
  );
  const { items } = await api.conversations.messages.list.query({ conversationId });
  const [answered] = await database`select turn_id from message where conversation_id = ${conversationId} and turn_id is not null`;
  const gapId = newId();
  await database`insert into question_gap (workspace_id, id, gap_id, agent_id, question, reason, confidence)
    values (${workspaceId}, ${gapId}, ${gapId}, ${agentId}, ${text}, 'no_knowledge', 0.1)`;
  return {
    ...{ goldenQuestionId, evaluationId, faqSourceId, answerId, gapId },
    turnId: String(answered?.["turn_id"]),
    messageId: items.find(({ author }) => author.kind === "ai")?.id ?? "",
  };
}

export function missingEvaluationThings(): EvaluationThings {
  const id = newId;
  return {
    ...{ goldenQuestionId: id(), evaluationId: id(), faqSourceId: id(), answerId: id(), turnId: id(), messageId: id(), gapId: id() },
  };
}

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });
const question = "What opens the door?";

export const evaluationEntries: Record<string, Entry> = {
  "agents.golden.create": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId, question }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId, question })),
      missing("the agent, under a key", (_own, { agentId }) => ({ agentId, question, idempotencyKey: agentId })),
    ],
  },
  "agents.golden.createMany": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId, questions: [{ question }] }),
    cases: [missing("the agent", (_own, { agentId }) => ({ agentId, questions: [{ question }] }))],
  },
  "agents.golden.list": {
    tier: "reader",
    right: ({ agentId }) => ({ agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      silent("a cursor", (own, { cursors }) => ({ agentId: own.agentId, cursor: cursors.agents })),
    ],
  },
  "agents.golden.update": {
    tier: "writer",
    right: ({ goldenQuestionId }) => ({ questionId: goldenQuestionId, question }),
    cases: [missing("the question", (_own, { goldenQuestionId }) => ({ questionId: goldenQuestionId, question }))],
  },
  "agents.golden.delete": {
    tier: "writer",
    right: ({ goldenQuestionId }) => ({ questionId: goldenQuestionId }),
    cases: [missing("the question", (_own, { goldenQuestionId }) => ({ questionId: goldenQuestionId }))],
  },
  "agents.evaluate": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      missing("a version of theirs", (_own, { agentId }) => ({ agentId, version: 1 })),
    ],
  },
  "agents.evaluations.list": {
    tier: "reader",
    right: ({ agentId }) => ({ agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      silent("a cursor", (own, { cursors }) => ({ agentId: own.agentId, cursor: cursors.agents })),
    ],
  },
  "agents.evaluations.get": {
    tier: "reader",
    right: ({ evaluationId }) => ({ evaluationId }),
    cases: [missing("the evaluation", (_own, { evaluationId }) => ({ evaluationId }))],
  },
  "agents.evaluations.results": {
    tier: "reader",
    right: ({ evaluationId }) => ({ evaluationId }),
    cases: [
      missing("the evaluation", (_own, { evaluationId }) => ({ evaluationId })),
      missing("the evaluation's failures", (_own, { evaluationId }) => ({ evaluationId, failedOnly: true })),
    ],
  },
  "agents.evaluations.cancel": {
    tier: "writer",
    right: ({ evaluationId }) => ({ evaluationId }),
    cases: [missing("the evaluation", (_own, { evaluationId }) => ({ evaluationId }))],
  },
  "agents.replay": {
    tier: "writer",
    right: ({ turnId }) => ({ turnId }),
    cases: [
      missing("the turn", (_own, { turnId }) => ({ turnId })),
      missing("the reply", (_own, { messageId }) => ({ messageId })),
      missing("the turn, as of then", (_own, { turnId }) => ({ turnId, knowledge: "then", version: 1 })),
    ],
  },
  "knowledge.answers.create": {
    tier: "writer",
    right: ({ faqSourceId }) => ({ sourceId: faqSourceId, questions: [question], answer: "A key." }),
    cases: [
      missing("the source", (_own, { faqSourceId }) => ({ sourceId: faqSourceId, questions: [question], answer: "A key." })),
      missing("a reply of theirs", (own, { messageId }) => ({ sourceId: own.faqSourceId, fromMessageId: messageId })),
      missing("a reply of theirs beside one's own words", (own, { messageId }) => ({
        ...{ sourceId: own.faqSourceId, fromMessageId: messageId, questions: [question], answer: "A key." },
      })),
    ],
  },
  "knowledge.answers.list": {
    tier: "reader",
    right: () => ({}),
    cases: [
      missing("the source", (_own, { faqSourceId }) => ({ sourceId: faqSourceId })),
      silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.agents })),
    ],
  },
  "knowledge.answers.get": {
    tier: "reader",
    right: ({ answerId }) => ({ answerId }),
    cases: [missing("the answer", (_own, { answerId }) => ({ answerId }))],
  },
  "knowledge.answers.update": {
    tier: "writer",
    right: ({ answerId }) => ({ answerId, enabled: true }),
    cases: [
      missing("the answer", (_own, { answerId }) => ({ answerId, answer: "Mine." })),
      missing("the answer, with nothing to change", (_own, { answerId }) => ({ answerId })),
    ],
  },
  "knowledge.answers.delete": {
    tier: "writer",
    right: ({ answerId }) => ({ answerId }),
    cases: [missing("the answer", (_own, { answerId }) => ({ answerId }))],
  },
  "knowledge.answers.hits": {
    tier: "reader",
    right: ({ answerId }) => ({ answerId }),
    cases: [missing("the answer", (_own, { answerId }) => ({ answerId }))],
  },
  "analytics.gaps": {
    tier: "reader",
    right: () => ({}),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      silent("a cursor", (_own, { cursors }) => ({ cursor: cursors.conversations })),
    ],
  },
  "analytics.dismissGap": {
    tier: "writer",
    right: ({ gapId }) => ({ gapId }),
    cases: [missing("the gap", (_own, { gapId }) => ({ gapId }))],
  },
};
