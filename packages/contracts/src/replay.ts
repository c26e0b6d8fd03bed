/**
 * A stored turn run again, and what came out beside what came out then.
 *
 * @module
 */
import { z } from "zod";
import { citation, handoffReasons, passageScores } from "./answers.ts";

export const replayInput = z
  .strictObject({
    turnId: z.uuid().optional(),
    /** The reply of the turn, or one of the customer's messages that it answered. */
    messageId: z.uuid().optional(),
    version: z.union([z.int().min(1), z.enum(["live", "draft"])]).default("live"),
    /** `then`: the knowledge as it was when the turn was answered. */
    knowledge: z.enum(["now", "then"]).default("now"),
    /** The knowledge as it was at another moment. Wins over `knowledge`. */
    asOf: z.iso.datetime({ offset: true }).max(40).optional(),
  })
  .refine(({ turnId, messageId }) => (turnId === undefined) !== (messageId === undefined), {
    path: ["turnId"],
    message: "name either a turn or a message",
  });

const replayHit = z.object({ chunkId: z.uuid(), documentId: z.uuid(), scores: passageScores, inPrompt: z.boolean() });

/** One side: what was said, and on what grounds. */
export const replaySide = z.object({
  action: z.enum(["answer", "handoff"]),
  /** What the customer read. */
  answer: z.string(),
  citations: z.array(citation),
  confidence: z.number(),
  reason: z.enum(handoffReasons).nullable(),
  version: z.int(),
  hits: z.array(replayHit),
});
export type ReplaySide = z.infer<typeof replaySide>;

/** A passage that only one side had in its prompt. `gone`: replaced by a newer text; `deleted`: with its document. */
const replayPassage = z.object({
  chunkId: z.uuid(),
  documentId: z.uuid(),
  title: z.string().nullable(),
  state: z.enum(["present", "gone", "deleted"]),
});
export type ReplayPassage = z.infer<typeof replayPassage>;

export const textPart = z.object({ kind: z.enum(["same", "added", "removed"]), text: z.string() });
export type TextPart = z.infer<typeof textPart>;

export const replayOutput = z.object({
  turnId: z.uuid(),
  conversationId: z.uuid(),
  question: z.string(),
  /** The moment whose knowledge was searched; null: the present one. */
  asOf: z.string().nullable(),
  // biome-ignore lint/suspicious/noThenProperty: beside `now`, and never awaited
  then: replaySide,
  now: replaySide,
  diff: z.object({
    actionChanged: z.boolean(),
    confidenceChange: z.number(),
    citationsAdded: z.array(citation),
    citationsRemoved: z.array(citation),
    passagesAdded: z.array(replayPassage),
    passagesRemoved: z.array(replayPassage),
    text: z.array(textPart),
  }),
});
export type ReplayOutput = z.infer<typeof replayOutput>;
