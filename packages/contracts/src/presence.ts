/**
 * Who is there, and who is writing: told in passing, never kept.
 *
 * @module
 */
import { z } from "zod";
import { speaker } from "./conversations.ts";

/** One who goes on writing is told of again after this, in seconds; oftener is not told. */
export const typingEverySeconds = 2;

export const typingInput = z.object({
  conversationId: z.uuid(),
  on: z.boolean(),
  /** Whom the caller speaks for. */
  as: speaker.default("member"),
});
export const visitorTypingInput = z.object({ on: z.boolean() });
/** `told` is false when it was said too soon after the last time, or when there is no conversation yet. */
export const typingOutput = z.object({ told: z.boolean() });

/** The accounts of the members who have a live stream open, at whatever server. */
export const presenceOutput = z.object({ online: z.array(z.uuid()) });
