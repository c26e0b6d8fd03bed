/**
 * How replies fared with those who got them, and whether confidence keeps its word.
 *
 * @module
 */
import { z } from "zod";

/** Where the word about a reply comes from. */
export const outcomeSources = ["rating", "visitor_rating", "handoff", "correction"] as const;
export type OutcomeSource = (typeof outcomeSources)[number];

export const ratings = ["good", "bad"] as const;
const rating = {
  /** The agent's message. */
  messageId: z.uuid(),
  rating: z.enum(ratings),
  comment: z.string().trim().min(1).max(1000).optional(),
};
export const rateInput = z.object({ conversationId: z.uuid(), ...rating });
export type RateInput = z.output<typeof rateInput>;
export const visitorRateInput = z.object(rating);
export type VisitorRateInput = z.output<typeof visitorRateInput>;
export const rateOutput = z.object({ messageId: z.uuid(), rating: z.enum(ratings), comment: z.string().nullable() });
export type RateOutput = z.infer<typeof rateOutput>;

/** Outcomes below which nothing is said about an agent's confidence: of all, and of each kind. */
export const outcomesNeeded = { all: 50, good: 10, bad: 10 } as const;

export const calibrationInput = z.object({
  agentId: z.uuid(),
  /** The time of the reply's first outcome: from this moment on, and before that one. */
  from: z.iso.datetime({ offset: true }).max(40).optional(),
  to: z.iso.datetime({ offset: true }).max(40).optional(),
  wantedPrecision: z.number().min(0.5).max(0.99).default(0.9),
});
export type CalibrationInput = z.output<typeof calibrationInput>;

/** A share of replies that were good, and where it truly lies in 19 cases of 20 (Wilson's interval). */
const share = { precision: z.number(), low: z.number(), high: z.number() };

export const calibration = z.object({
  agentId: z.uuid(),
  /** The coefficients behind the scores that are measured: those of the newest reply. null: no outcomes. */
  confidenceModel: z.string().nullable(),
  /** Replies that somebody's word is known of, by whose it is. Of several words about one reply the weightiest counts. */
  outcomes: z.object({
    total: z.int(),
    good: z.int(),
    bad: z.int(),
    bySource: z.record(z.enum(outcomeSources), z.int()),
    /** Replies scored by other coefficients, and those beyond what is read at once: not measured. */
    otherModels: z.int(),
    older: z.int(),
  }),
  /** False: too little is known. `missing` says how many more are needed, and the numbers below are null. */
  enough: z.boolean(),
  missing: z.object({ all: z.int(), good: z.int(), bad: z.int() }),
  /** Ten bins of equal width, empty ones too; also when there is too little to say more. */
  curve: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      count: z.int(),
      confidence: z.number().nullable(),
      precision: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    }),
  ),
  ece: z.number().nullable(),
  auroc: z.number().nullable(),
  brier: z.number().nullable(),
  /** What the threshold in force gives on these replies. */
  inForce: z.object({ threshold: z.number(), replies: z.int(), coverage: z.number(), ...share }).nullable(),
  /** The lowest threshold that keeps the wanted precision, with the care that so few replies ask for; null: none does. */
  suggested: z.object({ threshold: z.number(), replies: z.int(), coverage: z.number(), ...share }).nullable(),
  wantedPrecision: z.number(),
});
export type Calibration = z.infer<typeof calibration>;
