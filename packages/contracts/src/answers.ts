/**
 * What an answer is made of: citations, the retrieval scores behind them, and the trace that explains both.
 *
 * @module
 */
import { z } from "zod";
import { whichVersion } from "./agents.ts";

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

/**
 * Why a passage that was found did not reach the model, or did not stay: `suspicious` is one that gives the model orders,
 * `deleted` one whose document went meanwhile.
 */
export const dropReasons = ["below_floor", "over_limit", "token_budget", "suspicious", "deleted"] as const;
export type DropReason = (typeof dropReasons)[number];

export const handoffReasons = [
  "low_confidence",
  "no_knowledge",
  "model_refused",
  "model_asked",
  "model_unparsable",
  "model_uncited",
  "ungrounded",
  "false_promise",
  "leak_suspected",
  "source_deleted",
  "customer_asked",
  "ai_error",
  "agent_paused",
  "business_hours",
  "loop_guard",
] as const;
export type HandoffReason = (typeof handoffReasons)[number];

/** Which way a reply was made: nothing to look up, an approved answer word for word, written by the model, or not at all. */
export const answerPaths = ["small_talk", "approved", "generated", "none"] as const;
export type AnswerPath = (typeof answerPaths)[number];

/**
 * Stored with every reply: enough to say later why the agent said what it said. Times are milliseconds. What replies of
 * earlier versions did not keep is optional.
 */
export const answerTrace = z.object({
  provider: z.string(),
  model: z.string(),
  agentVersion: z.int(),
  promptHash: z.string().nullable(),
  hits: z.array(z.object({ chunkId: z.uuid(), documentId: z.uuid(), scores: passageScores, inPrompt: z.boolean() })),
  tokens: z.object({ prompt: z.int(), completion: z.int(), estimated: z.boolean() }),
  /**
   * What the models were paid for this reply, the search left out (embedding a question costs a thousandth of a cent). `prices`: of
   * each call, in US dollars for a million tokens. null: a model's price is not known.
   */
  cost: z
    .object({ usd: z.number(), prices: z.array(z.object({ prompt: z.number(), completion: z.number() })) })
    .nullable()
    .optional(),
  stagesMs: z.record(z.string(), z.number()),
  confidence: z.object({ value: z.number(), model: z.string(), inputs: z.record(z.string(), z.number()) }),
  citationsRemoved: z.int(),
  handoffReason: z.enum(handoffReasons).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  path: z.enum(answerPaths).optional(),
  agentId: z.uuid().optional(),
  approvedAnswerId: z.uuid().optional(),
  /** Sentences that state something, how many of them the passages bear out, and the places (from 0) of those they don't. */
  grounding: z.object({ sentences: z.int(), supported: z.int(), unsupported: z.array(z.int()) }).optional(),
  /** How many values of each kind were kept from the model. The values themselves are nowhere in the trace. */
  pii: z.record(z.string(), z.int()).optional(),
  /** Calls to models for this reply, in order; `ms` each. */
  tries: z.array(z.object({ model: z.string(), outcome: z.string(), ms: z.number() })).optional(),
  /** Turns of the talk so far that the model was shown, and how many of them were shortened. */
  history: z.object({ turns: z.int(), condensed: z.int(), dropped: z.int() }).optional(),
  dropped: z.array(z.object({ chunkId: z.uuid(), reason: z.enum(dropReasons) })).optional(),
  /** The prompt as we counted it before it was sent, and what it had to fit into, the reserved answer left out. */
  budget: z.object({ promptTokens: z.int(), promptTokensMax: z.int() }).optional(),
  /** Language tags: of the question, of the reply, and whether they are other than they should be. null: too short to tell. */
  language: z.object({ question: z.string().nullable(), reply: z.string().nullable(), mismatch: z.boolean() }).optional(),
  /** Why the model was asked a second time. */
  regenerated: z.enum(["false_promise", "language"]).optional(),
  /** The moment whose knowledge was searched, when it was not the present one. ISO 8601. */
  asOf: z.string().optional(),
});
export type AnswerTrace = z.infer<typeof answerTrace>;

export const historyTurn = z.object({ role: z.enum(["user", "assistant"]), text: z.string().max(8000) });
export type HistoryTurn = z.infer<typeof historyTurn>;

export const askInput = z.object({
  agentId: z.uuid(),
  question: z.string().trim().min(1).max(4000),
  history: z.array(historyTurn).max(50).default([]),
  /** The live version unless another is named: how a draft is tried before it is published. */
  version: whichVersion.optional(),
});
export const askOutput = z.object({
  answer: z.string(),
  action: z.enum(["answer", "handoff"]),
  citations: z.array(citation),
  confidence: z.number(),
  trace: answerTrace,
});
export type AskOutput = z.infer<typeof askOutput>;
