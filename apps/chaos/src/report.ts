/**
 * How results are told to people.
 *
 * @module
 */
import type { BatchResult } from "./sim/lanes.ts";
import type { RunResult } from "./sim/run.ts";

/** One line for a batch of runs that took `ms` milliseconds. */
export function tellRuns(seed: string, { runs, steps, messages, replies, faults, failure }: BatchResult, ms: number): string {
  const rate = (runs / (ms / 1000)).toFixed(1);
  const counts = `${runs} runs (seed ${seed}), ${steps} steps, ${faults} faults, ${messages} messages, ${replies} replies`;
  const found = failure ? "1 FAILED" : "0 lost, 0 doubled, 0 after a takeover, 0 out of order, 0 open turns, 0 orphan jobs";
  return `${counts}: ${found}; ${(ms / 1000).toFixed(0)} s, ${rate} runs/s`;
}

/** What broke, and the shortest way there that was found. */
export function tellFailure({ seed, violation, trace }: RunResult, plant?: string): string {
  const [base = "", number = "0"] = seed.split("/");
  const again = `pnpm chaos --seed ${base} --from ${number} --runs 1${plant === undefined ? "" : ` --plant ${plant}`}`;
  return [`seed ${seed}: ${violation?.message}`, ...trace.map((label, at) => `  ${at + 1}. ${label}`), `again: ${again}`].join("\n");
}
