/**
 * Work that comes round again: the sweepers that look for what fell by the wayside.
 *
 * Every worker runs its own ticker and none elects a leader: the work itself is locked or idempotent, so two at once do
 * no harm and a dead one is not missed. Knows nothing of the work.
 *
 * @module
 */
import type { JobLog } from "./log.ts";
import { createPause, jittered } from "./pause.ts";

export interface TickerOptions {
  name: string;
  /** From the end of one run to the start of the next, give or take a fifth. */
  everyMs: number;
  /** The signal is aborted when the ticker is stopped. */
  run(signal: AbortSignal): Promise<unknown>;
  log: JobLog;
}

export interface Ticker {
  /** The first run comes at a random moment within `everyMs`, so that workers started together do not sweep together. */
  start(): void;
  /** Aborts the run under way, if there is one, and waits for it. */
  stop(): Promise<void>;
}

/** A ticker: one run at a time, and a run that fails is logged and followed by the next. */
export function createTicker({ name, everyMs, run, log }: TickerOptions): Ticker {
  const pause = createPause();
  const stopping = new AbortController();
  let running: Promise<void> | null = null;

  async function loop(): Promise<void> {
    await pause.wait(Math.random() * everyMs);
    while (!stopping.signal.aborted) {
      try {
        await run(stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) log.error({ err: error, ticker: name }, "a scheduled run failed; the next one follows");
      }
      if (!stopping.signal.aborted) await pause.wait(jittered(everyMs));
    }
  }

  return {
    start() {
      if (stopping.signal.aborted) return;
      running ??= loop();
    },
    async stop() {
      stopping.abort();
      pause.cut();
      await running;
    },
  };
}
