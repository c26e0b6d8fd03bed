/** A worker of production. Any number may run; each takes what the others leave. */
import { withEnvFile } from "@axon/config/env-file";
import { createProductionParts } from "@axon/runtime/production";
import { runProcess } from "@axon/runtime/run";
import { startWorker } from "./start-worker.ts";

/** SIGTERM gives running jobs this long to end; a balancer or init system waits about ten seconds in all. */
const graceMs = 7_000;

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
