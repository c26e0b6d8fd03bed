/**
 * What an answer is made of: citations, the retrieval scores behind them, and the trace that explains both.
 *
 * @module
 */
import { z } from "zod";

export const citation = z.object({
  index: z.int().positive(),
  documentId: z.uuid(),
  title: z.string(),
  uri: z.string().optional(),
  chunkId: z.uuid(),
  quote: z.string(),
});
export type Citation = z.infer<typeof citation>;

/** Every score that went into a passage's rank. `vector` is a cosine in -1..1, `text` a BM25 score, `fused` 0..1. */
export const passageScores = z.object({ vector: z.number(), text: z.number(), fused: z.number() });
export type PassageScores = z.infer<typeof passageScores>;

/** A chunk as retrieval hands it on, best first. `matched` names the query lexemes it contains. */
export const passage = z.object({
  chunkId: z.uuid(),
  documentId: z.uuid(),
  title: z.string(),
  headingPath: z.array(z.string()),
  text: z.string(),
  score: z.number(),
  scores: passageScores,
});
export type Passage = z.infer<typeof passage>;

/** A passage that was found and then left out, and why. */
export const droppedPassage = z.object({
  chunkId: z.uuid(),
  documentId: z.uuid(),
  title: z.string(),
  score: z.number(),
  reason: z.enum(["below_floor", "over_limit", "token_budget"]),
});
export type DroppedPassage = z.infer<typeof droppedPassage>;

export const handoffReasons = [
  "low_confidence",
  "no_knowledge",
  "model_refused",
  "model_asked",
  "model_unparsable",
  "model_uncited",
  "customer_asked",
  "ai_error",
] as const;
export type HandoffReason = (typeof handoffReasons)[number];

/** Stored with every reply: enough to say later why the agent said what it said. Times are milliseconds. */
export const answerTrace = z.object({
  provider: z.string(),
  model: z.string(),
  agentVersion: z.int(),
  promptHash: z.string().nullable(),
  hits: z.array(z.object({ chunkId: z.uuid(), documentId: z.uuid(), scores: passageScores, inPrompt: z.boolean() })),
  tokens: z.object({ prompt: z.int(), completion: z.int(), estimated: z.boolean() }),
  stagesMs: z.record(z.string(), z.number()),
  confidence: z.object({ value: z.number(), model: z.string(), inputs: z.record(z.string(), z.number()) }),
  citationsRemoved: z.int(),
  handoffReason: z.enum(handoffReasons).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type AnswerTrace = z.infer<typeof answerTrace>;

export const historyTurn = z.object({ role: z.enum(["user", "assistant"]), text: z.string().max(8000) });
export type HistoryTurn = z.infer<typeof historyTurn>;

export const askInput = z.object({
  agentId: z.uuid(),
  question: z.string().trim().min(1).max(4000),
  history: z.array(historyTurn).max(50).default([]),
});
export const askOutput = z.object({
  answer: z.string(),
  action: z.enum(["answer", "handoff"]),
  citations: z.array(citation),
  confidence: z.number(),
  trace: answerTrace,
});
export type AskOutput = z.infer<typeof askOutput>;
