/**
 * Telling whoever waits what is being done, and how long it took.
 *
 * @module
 */

/** Does one step of the start; names it while it runs (at a terminal), and its time when it is done. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`  … ${name}\r`);
  const result = await work();
  console.log(`  ✓ ${name.padEnd(10)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}
