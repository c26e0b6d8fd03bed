/**
 * Many runs, some side by side: each lane has a database of its own, so that no run knows of another.
 *
 * @module
 */
import { openPlace } from "./place.ts";
import type { Plant } from "./ports.ts";
import { type RunResult, runOnce } from "./run.ts";
import { shrink } from "./shrink.ts";

export interface Batch {
  /** `<seed>/<number>` is the seed of each run. */
  seed: string;
  /** The numbers of the runs: `from`, `from + step`, … below `end`. */
  from: number;
  step: number;
  end: number;
  lanes: number;
  /** PostgreSQL; null: embedded. */
  serverUrl: string | null;
  plant: Plant | null;
  onRun?(runs: number): void;
}

export interface BatchResult {
  runs: number;
  steps: number;
  messages: number;
  replies: number;
  faults: number;
  /** The first run that failed, made small; null when none did. */
  failure: RunResult | null;
}

/** Runs until the end or the first failure. */
export async function runBatch(batch: Batch): Promise<BatchResult> {
  const total: BatchResult = { runs: 0, steps: 0, messages: 0, replies: 0, faults: 0, failure: null };
  let next = batch.from;
  let over = false;
  const lane = async () => {
    const world = await openPlace(batch.serverUrl);
    try {
      while (next < batch.end && !over) {
        const seed = `${batch.seed}/${next}`;
        next += batch.step;
        const result = await runOnce(world, { seed, plant: batch.plant });
        count(total, result);
        batch.onRun?.(total.runs);
        if (result.violation === null || over) continue;
        over = true;
        total.failure = await shrink(world, result, batch.plant);
      }
    } finally {
      await world.close();
    }
  };
  await Promise.all(Array.from({ length: batch.lanes }, lane));
  return total;
}

function count(total: BatchResult, { trace, messages, replies, faults }: RunResult): void {
  total.runs += 1;
  total.steps += trace.length;
  total.messages += messages;
  total.replies += replies;
  total.faults += faults;
}
