/** A server of production. Any number may run behind a balancer. */
import { BadEnvironment, parseEnv } from "@axon/config/env";
import { withEnvFile } from "@axon/config/env-file";
import { createLogger } from "@axon/config/logger";
import { createProductionParts } from "@axon/runtime/production";
import { startServer } from "./start-server.ts";

async function main(): Promise<void> {
  const env = parseEnv(withEnvFile(process.env, ".env"), "production");
  const log = createLogger({ level: env.logLevel, name: "server" });
  const parts = await createProductionParts(env, log);
  const server = await startServer(parts, env);
  log.info({ host: env.http.host, port: server.port }, "listening");
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, "stopping");
    await server.close();
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
