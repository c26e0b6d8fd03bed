/**
 * The one way the domain says no. Anything else thrown is a bug or an outage.
 *
 * @module
 */
import type { RefusalReason } from "@axon/contracts/refusals";

/** A no with a reason that clients can branch on. `details` goes to the caller, so it never names what is not theirs. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: RefusalReason;
  readonly details: Record<string, unknown>;

  constructor(reason: RefusalReason, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.reason = reason;
    this.details = details;
  }
}

/** What is missing and what belongs to somebody else are told apart by nobody: both get exactly this. */
export function notFound(what: string): Refusal {
  return new Refusal("not_found", `No such ${what}`);
}
