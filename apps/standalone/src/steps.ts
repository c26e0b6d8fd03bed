/**
 * Telling whoever waits what is being done, and how long it took.
 *
 * @module
 */

/** Does one step of the start; prints its name and time when it is done. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const result = await work();
  console.log(`✓ ${name.padEnd(12)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}
