/**
 * What a failed try means: of which kind it is, and how long to wait before the next one.
 *
 * Goes by what errors say of themselves (`retryable`, `transient`, `retryAfterMs`, a code), so that it need know no vendor. What
 * says nothing is taken for trouble that passes: a bug is given up after its last try all the same.
 *
 * @module
 */
import { type JobSpec, jobGivenBack } from "@axon/contracts/jobs";

export type FailureClass =
  /** Trouble that may pass. */
  | "transient"
  /** Somebody asked us to come back later. */
  | "rate_limited"
  /** Longer than the catalogue allows. */
  | "timed_out"
  /** The worker closes: this was no try. */
  | "given_back"
  /** Trying again is of no use. */
  | "permanent"
  /** Our own no. */
  | "refused";

export interface Failure {
  class: FailureClass;
  /** How long we were asked to wait, in milliseconds; null when nobody said. */
  retryAfterMs: number | null;
}

/** The longest wait between two tries, however often it failed; and the longest that somebody may ask of us. */
const backoffMsMax = 300_000;
const retryAfterMsMax = 900_000;
/** Who asks for patience and does not say how much gets this many times the usual wait. */
const rateLimitedFactor = 4;
/** Beyond what was asked, so that those who were sent away together do not come back together. */
const spread = 0.2;

/** The kind of a failure. Takes anything that was thrown. */
export function classOf(error: unknown): Failure {
  const told = (name: string): unknown => (typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined);
  const asked = told("retryAfterMs");
  const retryAfterMs = typeof asked === "number" && Number.isFinite(asked) && asked >= 0 ? asked : null;
  const kind = (of: FailureClass): Failure => ({ class: of, retryAfterMs });
  if (told("code") === jobGivenBack) return kind("given_back");
  if (told("name") === "Refusal") return kind("refused");
  if (told("code") === "job_timed_out") return kind("timed_out");
  if (told("retryable") === false || told("transient") === false) return kind("permanent");
  if (told("code") === "rate_limited" || told("status") === 429 || retryAfterMs !== null) return kind("rate_limited");
  return kind("transient");
}

/**
 * How long to wait, in milliseconds, after try number `attempt` (from 1) failed with `error`: a random part of a wait that
 * doubles, never longer than five minutes; what somebody asked for is waited in full, a quarter of an hour at most. `random` is in [0, 1).
 */
export function waitMsAfter(error: unknown, attempt: number, spec: Pick<JobSpec, "backoffMs">, random = Math.random()): number {
  const failure = classOf(error);
  if (failure.class === "rate_limited" && failure.retryAfterMs !== null) {
    return Math.round(Math.min(failure.retryAfterMs, retryAfterMsMax) * (1 + spread * random));
  }
  const first = failure.class === "rate_limited" ? spec.backoffMs * rateLimitedFactor : spec.backoffMs;
  const cap = Math.min(first * 2 ** Math.max(0, attempt - 1), backoffMsMax);
  return Math.round(cap * random);
}
