/** A worker of production. Any number may run; each takes what the others leave. */
import { withEnvFile } from "@axon/config/env-file";
import { createProductionParts } from "@axon/runtime/production";
import { runProcess } from "@axon/runtime/run";
import { startHealthServer } from "./health-server.ts";
import { startWorker } from "./start-worker.ts";

/** SIGTERM gives running jobs this long to end; what is left is given back to the queue. */
const graceMs = 4_000;

await runProcess("worker", withEnvFile(process.env, ".env"), async (env, log, reporter) => {
  const parts = await createProductionParts(env, log, reporter);
  const worker = await startWorker(parts);
  let open = true;
  const { workerHealthPort: port, http } = env;
  const healthServer = port === null ? null : await startHealthServer({ ...parts, host: http.host, port, open: () => open });
  log.info("taking jobs");
  return {
    stop: async () => {
      open = false;
      await worker.close(graceMs);
      await healthServer?.close();
      await parts.close();
    },
  };
});
