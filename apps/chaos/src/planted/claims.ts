/**
 * Finding the claim of a turn in what a verb gave: the planted bugs stand outside of the code that holds it.
 *
 * @module
 */

/** The part of a claimed turn that a fence looks at. */
export interface Claim {
  id: string;
  conversationId: string;
  epoch: number;
  leaseToken: number;
}

export function claimIn(result: unknown): Claim | null {
  const isClaim =
    typeof result === "object" && result !== null && "leaseToken" in result && "epoch" in result && "conversationId" in result;
  return isClaim ? (result as Claim) : null; // safe: only a claimed turn has these three
}
