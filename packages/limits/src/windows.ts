/**
 * What both engines share: how a window is named, and what its answer means.
 *
 * @module
 */
import type { Allowance, RateLimit } from "@axon/contracts/limits";
import { RateLimiterRes } from "rate-limiter-flexible";

/** Limits of the same numbers share a counter; a limit whose numbers were changed begins anew. */
export function kindOf({ name, points, seconds }: RateLimit): string {
  return `${name}:${points}/${seconds}`;
}

/** The library rejects with the state of the window when it is full, and with an error when it broke. */
export async function allowanceOf(counting: Promise<RateLimiterRes>): Promise<Allowance> {
  try {
    await counting;
    return { ok: true };
  } catch (error) {
    if (error instanceof RateLimiterRes) return { ok: false, retryAfterMs: Math.max(1, error.msBeforeNext) };
    throw error;
  }
}

/** The same action, done at the first call only; everyone waits for that one. */
export function onceOnly(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= action();
    return done;
  };
}
