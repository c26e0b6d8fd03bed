/**
 * Answers that a person has approved: given word for word to those who ask one of their questions.
 *
 * @module
 */
import { z } from "zod";
import { idempotencyKey, pageInput } from "./common.ts";
import { audiences } from "./knowledge.ts";

/** Ways to ask for one answer. */
export const approvedQuestionsMax = 10;

const fields = {
  questions: z.array(z.string().trim().min(3).max(500)).min(1).max(approvedQuestionsMax),
  answer: z.string().trim().min(1).max(8000),
  /** When false it is not given word for word; its text stays part of the knowledge. */
  enabled: z.boolean(),
  audience: z.enum(audiences),
};

export const createAnswerInput = z.strictObject({
  /** A source of kind `faq`. */
  sourceId: z.uuid(),
  /** May be left out with `fromMessageId`: then what the customer had asked before that message. */
  questions: fields.questions.optional(),
  /** May be left out with `fromMessageId`: then the message's text. */
  answer: fields.answer.optional(),
  enabled: fields.enabled.default(true),
  /** Of the source when left out. */
  audience: fields.audience.optional(),
  /** A public reply in a conversation that it is taken from. */
  fromMessageId: z.uuid().optional(),
  idempotencyKey,
});
/** Only what is given changes. */
export const updateAnswerInput = z.strictObject({ answerId: z.uuid(), ...z.strictObject(fields).partial().shape });
export const answerRef = z.object({ answerId: z.uuid() });
export const listAnswersInput = pageInput.extend({ sourceId: z.uuid().optional() });
export const listHitsInput = pageInput.extend({ answerId: z.uuid() });

export const approvedAnswer = z.object({
  id: z.uuid(),
  sourceId: z.uuid(),
  /** Its text as it is searched and cited. */
  documentId: z.uuid(),
  ...fields,
  /** How often it was given to a customer. */
  hits: z.int(),
  lastHitAt: z.string().nullable(),
  fromMessageId: z.uuid().nullable(),
  /** True when something that the message cited has changed or gone since the answer was last looked over. */
  stale: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type ApprovedAnswer = z.infer<typeof approvedAnswer>;

export const approvedHit = z.object({
  id: z.uuid(),
  turnId: z.uuid().nullable(),
  question: z.string(),
  score: z.number(),
  at: z.string(),
});
export type ApprovedHit = z.infer<typeof approvedHit>;
