/** A worker of production. Any number may run; each takes what the others leave. */
import { withEnvFile } from "@axon/config/env-file";
import { createProductionParts } from "@axon/runtime/production";
import { runProcess } from "@axon/runtime/run";
import { startWorker } from "./start-worker.ts";

/** SIGTERM gives running jobs this long to end; what is left is given back to the queue. */
const graceMs = 4_000;

await runProcess("worker", withEnvFile(process.env, ".env"), async (env, log) => {
  const parts = await createProductionParts(env, log);
  const worker = await startWorker(parts);
  log.info("taking jobs");
  return {
    stop: async () => {
      await worker.close(graceMs);
      await parts.close();
    },
  };
});
