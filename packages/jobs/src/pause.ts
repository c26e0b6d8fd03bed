/**
 * Waiting that can be cut short, and waiting that is never the same twice. Knows nothing of jobs.
 *
 * @module
 */
export interface Pause {
  /** Waits `ms` milliseconds, or less when `cut` is called meanwhile. */
  wait(ms: number): Promise<void>;
  /** Ends the wait under way, if there is one. */
  cut(): void;
}

/** A single sleeper: at most one `wait` may be under way at a time. */
export function createPause(): Pause {
  let end: (() => void) | null = null;
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), ms);
        end = () => {
          clearTimeout(timer);
          end = null;
          resolve();
        };
      }),
    cut: () => end?.(),
  };
}

/** `ms` give or take a fifth, so that many processes do not act in step. */
export function jittered(ms: number): number {
  return ms * (0.8 + Math.random() * 0.4);
}

/**
 * Gives what `work` gives, or throws `late()` when that takes longer than `timeoutMs`. The work itself goes on: only the
 * waiting ends.
 */
export async function within<Result>(work: Promise<Result>, timeoutMs: number, late: () => Error): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
