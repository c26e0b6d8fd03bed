/**
 * Questions that nothing in the knowledge answered, those that ask the same on one pile.
 *
 * @module
 */
import { z } from "zod";
import { handoffReasons } from "./answers.ts";
import { pageInput } from "./common.ts";

export const gapStates = ["open", "answered", "dismissed"] as const;

export const listGapsInput = pageInput.extend({ state: z.enum(gapStates).default("open"), agentId: z.uuid().optional() });
export const gapRef = z.object({ gapId: z.uuid() });

export const gap = z.object({
  id: z.uuid(),
  state: z.enum(gapStates),
  /** How often it was asked. */
  count: z.int(),
  /** In customers' own words, the newest first; a few of them. */
  examples: z.array(z.string()),
  agentIds: z.array(z.uuid()),
  reasons: z.array(z.enum(handoffReasons)),
  /** Words of the questions that stood in no document when they were asked. */
  lacking: z.array(z.string()),
  /** The document that answered it. */
  answeredBy: z.uuid().nullable(),
  firstAskedAt: z.string(),
  lastAskedAt: z.string(),
});
export type Gap = z.infer<typeof gap>;
