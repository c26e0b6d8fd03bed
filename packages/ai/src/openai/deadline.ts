/**
 * One call's time limits: a total, and a shorter one for each wait (the first byte, the next chunk). A stalled stream
 * is as dead as a closed one, and the SDK would wait ten minutes for it.
 *
 * @module
 */
import { AiError } from "../provider.ts";

export interface Deadline {
  /** Aborted when the caller aborts or a limit passes; hand it to the SDK so that the connection is dropped too. */
  readonly signal: AbortSignal;
  /** Waits for `work`, at most `limitMs` of it. Throws the caller's reason, or `AiError("timeout")`, as soon as either comes. */
  within<Result>(work: Promise<Result>, limitMs: number, what: string): Promise<Result>;
  /** Lets go of the timers and the caller's signal. The call's connection is dropped if it is still open. */
  close(): void;
}

export function startDeadline(totalMs: number, caller: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const stop = () => controller.abort(caller?.reason);
  if (caller?.aborted) stop();
  caller?.addEventListener("abort", stop, { once: true });
  const total = setTimeout(() => controller.abort(new AiError("timeout", `the model took longer than ${totalMs} ms`)), totalMs);
  const { signal } = controller;
  return {
    signal,
    within: (work, limitMs, what) =>
      new Promise((resolve, reject) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", aborted);
        };
        const aborted = () => {
          done();
          reject(signal.reason);
        };
        const timer = setTimeout(() => controller.abort(new AiError("timeout", `no ${what} within ${limitMs} ms`)), limitMs);
        signal.addEventListener("abort", aborted, { once: true });
        if (signal.aborted) aborted();
        work.then(
          (value) => {
            done();
            resolve(value);
          },
          (error) => {
            done();
            // When we stopped it ourselves the SDK's complaint is only an echo: the reason is the news.
            reject(signal.aborted ? signal.reason : error);
          },
        );
      }),
    close: () => {
      clearTimeout(total);
      caller?.removeEventListener("abort", stop);
      controller.abort(new AiError("aborted", "the call is over"));
    },
  };
}
