/**
 * Makes the trace of a failure small: leaves out what it fails without.
 *
 * @module
 */
import type { Plant } from "./ports.ts";
import { type RunResult, runOnce } from "./run.ts";
import type { World } from "./world.ts";

/** Replays that a trace may cost. */
const triesMax = 250;

/** Gives the smallest run found that breaks the same rule. `failed` is the run as it was drawn. */
export async function shrink(world: World, failed: RunResult, plant: Plant | null): Promise<RunResult> {
  const rule = failed.violation?.rule;
  let best = failed;
  let script = choicesOf(failed);
  let tries = 0;
  const fails = async (candidate: readonly string[]): Promise<boolean> => {
    if (tries++ >= triesMax) return false;
    const result = await runOnce(world, { seed: failed.seed, plant, script: candidate });
    if (result.violation?.rule !== rule) return false;
    best = result;
    return true;
  };
  if (!(await fails(script))) return failed;
  for (let size = Math.ceil(script.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = script.length - size; at > -size && tries < triesMax; at -= size) {
      const candidate = script.filter((_, index) => index < at || index >= at + size);
      if (candidate.length < script.length && (await fails(candidate))) script = candidate;
    }
  }
  return best;
}

/** What was chosen before the faults were over; what came after follows from it. */
function choicesOf({ trace }: RunResult): string[] {
  const end = trace.findIndex((label) => label.startsWith("—"));
  return end < 0 ? [...trace] : trace.slice(0, end);
}
