/**
 * When a call to the vendor is made again, and after how long. Ours, not the SDK's: that one retries an empty account
 * and cannot know that a word of the answer has already been shown.
 *
 * @module
 */
import type { AiError } from "../provider.ts";

export interface RetryPolicy {
  /** Tries after the first. */
  retriesMax: number;
  /** First wait; doubled each time. */
  backoffMs: number;
  /** The longest we wait because the vendor asks for it; when it asks for more we give up at once. */
  waitMsMax: number;
}

export const retryPolicy: RetryPolicy = { retriesMax: 2, backoffMs: 400, waitMsMax: 10_000 };

/** Milliseconds to wait before try number `tried + 1`, or null when there is to be none. `random` is in 0..1. */
export function retryDelayMs(error: AiError, tried: number, policy: RetryPolicy, random: number): number | null {
  if (!error.retryable || tried > policy.retriesMax) return null;
  if (error.retryAfterMs !== null) return error.retryAfterMs > policy.waitMsMax ? null : error.retryAfterMs;
  const backoffMs = policy.backoffMs * 2 ** (tried - 1);
  return Math.min(policy.waitMsMax, backoffMs * (0.5 + random));
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
export function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    signal.addEventListener("abort", stop, { once: true });
  });
}
