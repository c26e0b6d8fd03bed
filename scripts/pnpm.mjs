/**
 * The pinned pnpm, for people and scripts that have none: `node scripts/pnpm.mjs install`.
 *
 * @module
 */
import { childEnv, pnpmCommand } from "./bootstrap.mjs";
import { explain, runInTheOpen } from "./run.mjs";

try {
  process.exitCode = await runInTheOpen([...pnpmCommand(), ...process.argv.slice(2)], { env: childEnv(), wholeGroup: true });
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
