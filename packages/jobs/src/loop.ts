/**
 * The loop under everything that comes round again: a first wait, a round, a wait, a round, until it is stopped.
 *
 * Knows nothing of what a round does.
 *
 * @module
 */
import { createPause, jittered } from "./pause.ts";

export interface Ticker {
  /** Once started it goes round until it is stopped; a second start does nothing. */
  start(): void;
  /** Aborts the round under way, if there is one, and waits for it. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  /** The first round comes at a random moment within this, so that processes started together do not act together. */
  firstWithinMs: number;
  /** From the end of one round to the start of the next, give or take a fifth. */
  everyMs: number;
  /** The signal is aborted when the loop is stopped. */
  round(signal: AbortSignal): Promise<unknown>;
  /** A round that threw while nobody had stopped it; the next one follows all the same. */
  onFailure(failure: unknown): void;
}

/** A loop: one round at a time. */
export function createLoop({ firstWithinMs, everyMs, round, onFailure }: LoopOptions): Ticker {
  const pause = createPause();
  const stopping = new AbortController();
  let running: Promise<void> | null = null;

  async function goRound(): Promise<void> {
    await pause.wait(Math.random() * firstWithinMs);
    while (!stopping.signal.aborted) {
      try {
        await round(stopping.signal);
      } catch (failure) {
        if (!stopping.signal.aborted) onFailure(failure);
      }
      if (!stopping.signal.aborted) await pause.wait(jittered(everyMs));
    }
  }

  return {
    start() {
      if (stopping.signal.aborted) return;
      running ??= goRound();
    },
    async stop() {
      stopping.abort();
      pause.cut();
      await running;
    },
  };
}
