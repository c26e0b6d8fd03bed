/** A server of production. Any number may run behind a balancer. */
import { withEnvFile } from "@axon/config/env-file";
import { createProductionParts } from "@axon/runtime/production";
import { runProcess } from "@axon/runtime/run";
import { startServer } from "./start-server.ts";

await runProcess("server", withEnvFile(process.env, ".env"), async (env, log, reporter) => {
  const parts = await createProductionParts(env, log, reporter);
  const server = await startServer(parts, env);
  log.info({ host: env.http.host, port: server.port }, "listening");
  return {
    stop: async () => {
      await server.close();
      await parts.close();
    },
  };
});
