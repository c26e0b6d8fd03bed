/**
 * Ways to wait that always end: woken, aborted, or out of time. Nothing here knows what is waited for.
 *
 * @module
 */

/** A flag that one waiter sleeps on. Waking it any number of times before it is looked at is once: this is all a slow reader costs. */
export interface Gate {
  wake(): void;
  wait(): Promise<void>;
}

export function createGate(): Gate {
  let woken = false;
  let resume: (() => void) | null = null;
  return {
    wake() {
      woken = true;
      resume?.();
    },
    async wait() {
      if (!woken) {
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
      resume = null;
      woken = false;
    },
  };
}

/** The result of the work, or null as soon as the signal aborts (the work itself goes on; others may share it). Passes its errors on. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let stop = () => {};
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    // Off again after every wait: a stream that lives for hours must not gather one listener an event.
    signal.removeEventListener("abort", stop);
  }
}

/** What is waited for took longer than it may. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong";
  readonly code = "took_too_long";
}

/** The result of the work; throws `TookTooLong` when it is not there after `timeoutMs`. */
export async function within<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`${what} took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
