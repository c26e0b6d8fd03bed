/** A worker of production. Any number may run; each takes what the others leave. */
import { BadEnvironment, parseEnv } from "@axon/config/env";
import { withEnvFile } from "@axon/config/env-file";
import { createLogger } from "@axon/config/logger";
import { createProductionParts } from "@axon/runtime/production";
import { startWorker } from "./start-worker.ts";

/** SIGTERM gives running jobs this long to end; a balancer or init system waits about ten seconds in all. */
const graceMs = 7_000;

async function main(): Promise<void> {
  const env = parseEnv(withEnvFile(process.env, ".env"), "production");
  const log = createLogger({ level: env.logLevel, name: "worker" });
  const parts = await createProductionParts(env, log);
  const worker = await startWorker(parts);
  log.info("taking jobs");
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    await worker.close(graceMs);
    await parts.close();
    process.exit(0);
  };
  process.once("SIGTERM", (signal) => void stop(signal));
  process.once("SIGINT", (signal) => void stop(signal));
}

main().catch((error: unknown) => {
  console.error(error instanceof BadEnvironment ? error.message : error);
  process.exit(1);
});
