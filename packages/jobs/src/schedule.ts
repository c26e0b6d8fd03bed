/**
 * Work that comes round again: the sweepers that look for what fell by the wayside.
 *
 * Every worker runs its own ticker and none elects a leader: the work itself is locked or idempotent, so two at once do
 * no harm and a dead one is not missed. Knows nothing of the work.
 *
 * @module
 */
import type { JobLog } from "./log.ts";
import { createLoop, type Ticker } from "./loop.ts";

export interface TickerOptions {
  name: string;
  /** From the end of one run to the start of the next, give or take a fifth. */
  everyMs: number;
  /** The signal is aborted when the ticker is stopped. */
  run(signal: AbortSignal): Promise<unknown>;
  log: JobLog;
}

/** A ticker: one run at a time, and a run that fails is logged and followed by the next. */
export function createTicker({ name, everyMs, run, log }: TickerOptions): Ticker {
  return createLoop({
    firstWithinMs: everyMs,
    everyMs,
    round: run,
    onFailure: (error) => log.error({ err: error, ticker: name }, "a scheduled run failed; the next one follows"),
  });
}
