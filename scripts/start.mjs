/**
 * `npm start`: makes the checkout ready, then runs all of Axon in one process until Ctrl-C.
 * Arguments go to that process: `npm start -- --fresh`, `npm start -- --port 4000`.
 *
 * @module
 */
import { bootstrap, childEnv } from "./bootstrap.mjs";
import { explain, runInTheOpen } from "./run.mjs";

try {
  await bootstrap();
  process.exitCode = await runInTheOpen([process.execPath, "apps/standalone/dist/main.js", ...process.argv.slice(2)], {
    env: childEnv(),
    untilStopped: true,
  });
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
