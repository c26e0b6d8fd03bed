/**
 * A signal that follows the caller's and also ends by itself, unless somebody says in time that it need not.
 *
 * @module
 */
import { AiError } from "../provider.ts";

export interface Patience {
  readonly signal: AbortSignal;
  /** What was waited for has come: only the caller can end it now. */
  enough(): void;
  /** Lets go of the timer and of the caller's signal. */
  close(): void;
}

/** `limitMs` null: only the caller ends it. */
export function startPatience(limitMs: number | null, caller: AbortSignal | undefined): Patience {
  const controller = new AbortController();
  const stop = () => controller.abort(caller?.reason);
  if (caller?.aborted) stop();
  caller?.addEventListener("abort", stop, { once: true });
  const timer =
    limitMs === null ? undefined : setTimeout(() => controller.abort(new AiError("timeout", `nothing said within ${limitMs} ms`)), limitMs);
  return {
    signal: controller.signal,
    enough: () => clearTimeout(timer),
    close: () => {
      clearTimeout(timer);
      caller?.removeEventListener("abort", stop);
    },
  };
}
