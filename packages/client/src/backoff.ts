/**
 * How long to wait before trying again, and a wait that can be cut short.
 *
 * @module
 */

const firstMs = 250;
export const waitMsMax = 5_000;

/** A wait in milliseconds that doubles with each attempt (from 0) up to 5 s, and lies at random in its upper half. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(waitMsMax, firstMs * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}

/** Resolves after `delayMs`, or at once when the signal is aborted; never rejects. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener("abort", done, { once: true });
  });
}
