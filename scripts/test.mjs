/**
 * `npm test`: makes the checkout ready, then runs the whole suite. Arguments go to vitest: `npm test -- packages/ai`.
 * On the embedded engine by default; on real services when TEST_DATABASE_URL and TEST_REDIS_URL are set.
 *
 * @module
 */
import { bootstrap, childEnv } from "./bootstrap.mjs";
import { explain, runInTheOpen } from "./run.mjs";

try {
  await bootstrap();
  process.exitCode = await runInTheOpen([process.execPath, "node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)], {
    env: { ...childEnv(), AXON_TEST_BUILT: "1" }, // Programs that tests start are run as built.
  });
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
