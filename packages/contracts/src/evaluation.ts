/**
 * Golden questions and runs of them: what an agent must keep answering well, and how it did.
 *
 * @module
 */
import { z } from "zod";
import { handoffReasons, historyTurn } from "./answers.ts";
import { idempotencyKey, pageInput } from "./common.ts";

/** Golden questions of one agent, and those that one import brings at most. */
export const goldenQuestionsMax = 500;
export const goldenImportMax = 100;

/** What a golden question must end in. */
export const goldenExpectations = ["answer", "handoff"] as const;

const saying = z.string().trim().min(1).max(500);

const goldenFields = {
  question: z.string().trim().min(1).max(4000),
  /** What was said before it, oldest first. */
  history: z.array(historyTurn).max(20),
  expect: z.enum(goldenExpectations),
  /** Each must be in the answer, in one of the ways that `|` separates. Only for what is to be answered. */
  facts: z.array(saying).max(20),
  /** None of these may be in it. */
  forbidden: z.array(saying).max(20),
};

const goldenDraft = z.strictObject({
  ...goldenFields,
  history: goldenFields.history.default([]),
  expect: goldenFields.expect.default("answer"),
  facts: goldenFields.facts.default([]),
  forbidden: goldenFields.forbidden.default([]),
});
export type GoldenDraft = z.output<typeof goldenDraft>;

export const createGoldenInput = goldenDraft.extend({ agentId: z.uuid(), idempotencyKey });
export const createManyGoldenInput = z.strictObject({
  agentId: z.uuid(),
  questions: z.array(goldenDraft).min(1).max(goldenImportMax),
  idempotencyKey,
});
/** Only what is given changes. */
export const updateGoldenInput = z.strictObject({ questionId: z.uuid(), ...z.strictObject(goldenFields).partial().shape });
export const goldenRef = z.object({ questionId: z.uuid() });
export const listGoldenInput = pageInput.extend({ agentId: z.uuid() });

export const goldenQuestion = z.object({
  ...goldenFields,
  id: z.uuid(),
  agentId: z.uuid(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type GoldenQuestion = z.infer<typeof goldenQuestion>;
export const createManyGoldenOutput = z.object({ items: z.array(goldenQuestion) });

export const evaluationStates = ["queued", "running", "done", "failed", "cancelled"] as const;

/** Why a golden question was not passed. `detail` names the fact that is missing or the word that must not be there. */
export const goldenFailure = z.object({
  kind: z.enum(["not_answered", "answered", "fact_missing", "forbidden", "error"]),
  detail: z.string(),
});
export type GoldenFailure = z.infer<typeof goldenFailure>;

export const evaluateInput = z.strictObject({
  agentId: z.uuid(),
  /** The draft when left out; an agent without one is tried as it is live. */
  version: z.union([z.int().min(1), z.literal("draft")]).default("draft"),
});
export const evaluationRef = z.object({ evaluationId: z.uuid() });
export const listEvaluationsInput = pageInput.extend({ agentId: z.uuid() });
export const listResultsInput = pageInput.extend({ evaluationId: z.uuid(), failedOnly: z.boolean().default(false) });

export const evaluation = z.object({
  id: z.uuid(),
  agentId: z.uuid(),
  /** null: the draft as it was then. */
  version: z.int().nullable(),
  state: z.enum(evaluationStates),
  done: z.int(),
  total: z.int(),
  passed: z.int(),
  /** 0..1, of the questions that were tried; null before the first. */
  passRate: z.number().nullable(),
  error: z.string().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});
export type Evaluation = z.infer<typeof evaluation>;

export const evaluationResult = z.object({
  position: z.int(),
  questionId: z.uuid(),
  question: z.string(),
  passed: z.boolean(),
  failures: z.array(goldenFailure),
  action: z.enum(["answer", "handoff"]),
  answer: z.string(),
  confidence: z.number(),
  reason: z.enum(handoffReasons).nullable(),
  tookMs: z.int(),
});
export type EvaluationResult = z.infer<typeof evaluationResult>;
