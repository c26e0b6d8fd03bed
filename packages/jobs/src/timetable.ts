/**
 * Work that is done once at each tick of a clock, by whichever of any number of processes comes first.
 *
 * A tick that nobody took because nobody was there is made up for once, however many went by. A taker that dies is followed by another
 * once its lease is over; one that only believed itself alive cannot end its successor's run. Knows nothing of the work, nor where
 * it is kept who took what.
 *
 * @module
 */
import type { JobLog } from "./log.ts";
import { createLoop, type Ticker } from "./loop.ts";

/** Who took which tick, kept where all processes see it and by one clock. */
export interface TickKeeper {
  /**
   * Takes the present tick of `name` for `leaseMs` if nobody has taken it, and none is at an earlier one; or one that was taken and
   * neither ended nor prolonged in time. Gives a number that rises with each taking, or null when there is nothing to take.
   */
  take(name: string, everyMs: number, leaseMs: number): Promise<number | null>;
  /** Prolongs the lease. False when another has taken over. */
  renew(name: string, fence: number, leaseMs: number): Promise<boolean>;
  /** The run has come to its end. False when another had taken over. */
  end(name: string, fence: number): Promise<boolean>;
  /** The run failed or was broken off: anybody may take it up again after `afterMs`. */
  giveUp(name: string, fence: number, afterMs: number): Promise<void>;
}

export interface ScheduleOptions {
  name: string;
  everyMs: number;
  /** Once for each tick, unless it fails or its process dies; so it must bear being run again. The signal: stopped, or another's now. */
  run(signal: AbortSignal): Promise<unknown>;
  keeper: TickKeeper;
  log: JobLog;
  /** A taker that is not heard of for this long is taken for dead. */
  leaseMs?: number;
  /** How often it is looked whether a tick is due. */
  lookMs?: number;
}

const defaultLeaseMs = 60_000;
const lookMsMax = 30_000;
const firstLookMsMax = 2_000;
/** A run that failed is tried again after this long, or at the next tick if that comes sooner. */
const againMsMax = 60_000;

/** A schedule; one run at a time. Starting a process looks at once, give or take a moment, so that what was missed is soon made up for. */
export function createSchedule(options: ScheduleOptions): Ticker {
  const { name, everyMs, keeper, log, leaseMs = defaultLeaseMs, lookMs = Math.min(everyMs / 2, lookMsMax) } = options;
  return createLoop({
    firstWithinMs: Math.min(lookMs, firstLookMsMax),
    everyMs: lookMs,
    round: async (stopping) => {
      const fence = await keeper.take(name, everyMs, leaseMs);
      if (fence !== null) await runTick(options, fence, leaseMs, stopping);
    },
    onFailure: (error) => log.error({ err: error, schedule: name }, "a schedule could not be looked at; it will be again"),
  });
}

/** Runs what is due under its lease: ended when it ran whole, given up for another when it failed, was stopped or lost the lease. */
async function runTick({ name, everyMs, run, keeper, log }: ScheduleOptions, fence: number, leaseMs: number, stopping: AbortSignal) {
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const heartbeat = setInterval(() => {
    keeper.renew(name, fence, leaseMs).then(
      (ours) => ours || lost.abort(new Error(`another process has taken over ${name}`)),
      () => undefined, // A missed renewal is made up by the next; the lease outlasts several.
    );
  }, leaseMs / 4);
  try {
    await run(signal);
    if (signal.aborted) await keeper.giveUp(name, fence, 0);
    else await keeper.end(name, fence);
  } catch (error) {
    if (!signal.aborted) log.error({ err: error, schedule: name }, "a scheduled run failed; it will be tried again");
    await keeper.giveUp(name, fence, stopping.aborted ? 0 : Math.min(everyMs, againMsMax));
  } finally {
    clearInterval(heartbeat);
  }
}
