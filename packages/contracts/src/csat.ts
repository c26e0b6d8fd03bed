/**
 * What a customer says of a conversation that was resolved, once for each time it was.
 *
 * @module
 */
import { z } from "zod";
import { type RateInput, type RateOutput, rateInput, rateOutput, type VisitorRateInput, visitorRateInput } from "./calibration.ts";

const word = {
  /** From 1, bad, to 5, good. */
  score: z.int().min(1).max(5),
  comment: z.string().trim().min(1).max(1000).optional(),
};

export const rateResolutionInput = z.strictObject({ conversationId: z.uuid(), ...word });
export type RateResolutionInput = z.output<typeof rateResolutionInput>;
export const visitorRateResolutionInput = z.strictObject(word);
export type VisitorRateResolutionInput = z.output<typeof visitorRateResolutionInput>;

export const csat = z.object({
  /** Which time that it was resolved. */
  resolution: z.int().positive(),
  score: word.score,
  comment: z.string().nullable(),
  at: z.string(),
});
export type Csat = z.infer<typeof csat>;
export const rateResolutionOutput = csat.extend({
  /** Sets it apart from the rating of an answer. */
  of: z.literal("resolution"),
  conversationId: z.uuid(),
});
export type RateResolutionOutput = z.infer<typeof rateResolutionOutput>;

const either = { ...visitorRateInput.partial().shape, score: word.score.optional() };
interface Given {
  messageId?: string | undefined;
  rating?: string | undefined;
  score?: number | undefined;
}

/** Either `messageId` and `rating`, for an answer of the agent, or `score`, for the conversation as it was resolved last. */
function requireEither(given: Given, ctx: z.RefinementCtx): void {
  const wrong = (name: keyof Given) => (given.score === undefined) === (given[name] === undefined);
  const message =
    given.score === undefined ? "is needed, or a score of the whole conversation" : "is of an answer, and the score of the whole";
  for (const name of ["messageId", "rating"] as const) if (wrong(name)) ctx.addIssue({ code: "custom", path: [name], message });
}

export type RateEitherInput = RateInput | RateResolutionInput;
export const rateEitherInput = z
  .object({ ...either, conversationId: z.uuid() })
  .superRefine(requireEither)
  .transform((given): RateEitherInput => (given.score === undefined ? rateInput.parse(given) : rateResolutionInput.parse(bare(given))));
export type VisitorRateEitherInput = VisitorRateInput | VisitorRateResolutionInput;
export const visitorRateEitherInput = z
  .object(either)
  .superRefine(requireEither)
  .transform(
    (given): VisitorRateEitherInput =>
      given.score === undefined ? visitorRateInput.parse(given) : visitorRateResolutionInput.parse(bare(given)),
  );

/** Without what is of an answer. */
function bare<Input extends Given>({ messageId: _which, rating: _how, ...rest }: Input) {
  return rest;
}

export const rateEitherOutput = z.union([rateOutput, rateResolutionOutput]);
export type RateEitherOutput = RateOutput | RateResolutionOutput;
