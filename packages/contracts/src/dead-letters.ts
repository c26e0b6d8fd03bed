/**
 * Jobs that were given up or set aside, as the admins of their workspace see them, and what of its work waits and runs.
 *
 * @module
 */
import { z } from "zod";
import { pageInput } from "./common.ts";

/**
 * Why a job was given up. `exhausted`, `timed_out` and `rate_limited` used up their tries; `permanent` said itself that no try
 * would help, `refused` is a no of ours, `bad_payload` could not be read, `stalled` outlived too many workers. `unknown_job` and
 * `newer_version` wait for a worker that understands them.
 */
export const deadLetterCodes = [
  "exhausted",
  "timed_out",
  "rate_limited",
  "permanent",
  "refused",
  "bad_payload",
  "stalled",
  "unknown_job",
  "newer_version",
] as const;
export type DeadLetterCode = (typeof deadLetterCodes)[number];

/** `parked`: nothing is wrong with it, and it comes back by itself when a worker starts that understands it. */
export const deadLetterStates = ["dead", "parked", "replayed", "discarded"] as const;

export const deadLetter = z.object({
  id: z.uuid(),
  /** What was to be done: `reply.generate`, … */
  job: z.string(),
  queue: z.string(),
  state: z.enum(deadLetterStates),
  code: z.enum(deadLetterCodes),
  /** What went wrong, without what it quoted. */
  error: z.string(),
  attempts: z.int(),
  failedAt: z.string(),
  /** The request that asked for it, as its log lines have it. */
  requestId: z.string().nullable(),
  decidedAt: z.string().nullable(),
  /** Who replayed or discarded it; null: nobody yet, or it came back by itself. */
  decidedBy: z.string().nullable(),
});
export type DeadLetter = z.infer<typeof deadLetter>;

/** With the ids that the job bore; a field that could be a secret is hidden. */
export const deadLetterDetail = deadLetter.extend({ payload: z.record(z.string(), z.unknown()) });
export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;

/** Without a state: those that nobody has decided on, dead and parked. */
export const listDeadLettersInput = pageInput.extend({ state: z.enum(deadLetterStates).optional() });

export const deadLetterInput = z.object({ id: z.uuid() });

/**
 * `queued`: it will be tried again. `done_before`: it was replayed already. `nothing_to_do`: what it was about is gone or has been
 * done in another way; the letter is discarded.
 */
export const replayOutcomes = ["queued", "done_before", "nothing_to_do"] as const;
export const replayedLetter = deadLetter.extend({ outcome: z.enum(replayOutcomes) });
export type ReplayedLetter = z.infer<typeof replayedLetter>;

/** Counts end here: more is given as this many. */
export const overviewCountMax = 10_000;

const waitingAndRunning = z.object({ waiting: z.int(), running: z.int() });

/** What of a workspace's work waits and runs, and what was given up. */
export const jobsOverview = z.object({
  replies: waitingAndRunning,
  documents: waitingAndRunning,
  syncs: waitingAndRunning,
  evaluations: waitingAndRunning,
  deadLetters: z.object({ dead: z.int(), parked: z.int() }),
});
export type JobsOverview = z.infer<typeof jobsOverview>;
