/**
 * The proof that the simulation can fail: each planted bug must be found.
 *
 * @module
 */
import { plants } from "./planted/plants.ts";
import { openPlace } from "./sim/place.ts";
import { type RunResult, runOnce } from "./sim/run.ts";
import { shrink } from "./sim/shrink.ts";
import type { World } from "./sim/world.ts";

/** A bug that so many runs do not find is not found. */
const runsMax = 200;

/** Tells which run found each bug, and how; gives 1 when one was not found. `serverUrl` null: on the embedded engine. */
export async function prove({ seed, serverUrl, json }: { seed: string; serverUrl: string | null; json: boolean }): Promise<number> {
  const world = await openPlace(serverUrl);
  const found: Record<string, { seed: string; runs: number; rule: string; trace: string[] } | null> = {};
  try {
    for (const name of Object.keys(plants)) {
      const { result, runs } = await findPlanted(world, name, seed);
      const small = result && (await shrink(world, result, plants[name] ?? null));
      found[name] = small && { seed: small.seed, runs, rule: small.violation?.message ?? "", trace: small.trace };
      if (json) continue;
      const steps = small?.trace.map((label, at) => `\n    ${at + 1}. ${label}`).join("") ?? "";
      process.stdout.write(
        small ? `${name}: found by seed ${small.seed}, run ${runs}: ${small.violation?.message}${steps}\n` : `${name}: NOT FOUND\n`,
      );
    }
  } finally {
    await world.close();
  }
  if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  return Object.values(found).every((one) => one !== null) ? 0 : 1;
}

/** The first run that a planted bug breaks; null when none does. */
export async function findPlanted(world: World, name: string, seed: string): Promise<{ result: RunResult | null; runs: number }> {
  for (let at = 0; at < runsMax; at++) {
    const result = await runOnce(world, { seed: `${seed}/${at}`, plant: plants[name] ?? null });
    if (result.violation) return { result, runs: at + 1 };
  }
  return { result: null, runs: runsMax };
}
