/**
 * The life of a production process: read the environment, start, serve until told to stop, end in order.
 *
 * @module
 */
import { BadEnvironment, type EnvSource, type ProductionEnv, parseEnv } from "@axon/config/env";
import { createLogger, type Logger } from "@axon/config/logger";

/** An init system kills what has not ended ten seconds after SIGTERM. Everything here survives being killed; ending by ourselves is only tidier. */
const stopMsMax = 9_500;

/** Starts something and gives the way to stop it. */
export type Start = (env: ProductionEnv, log: Logger) => Promise<{ stop(): Promise<void> }>;

/**
 * Runs until SIGTERM or SIGINT, then stops and exits with 0. Exits with 1, having said why, when it cannot start;
 * a bad environment is told by the names of all bad variables.
 */
export async function runProcess(name: string, source: EnvSource, start: Start): Promise<void> {
  try {
    const env = parseEnv(source, "production");
    const log = createLogger({ level: env.logLevel, name });
    const running = await start(env, log);
    const signal = await new Promise<string>((resolve) => {
      process.once("SIGTERM", resolve);
      process.once("SIGINT", resolve);
    });
    log.info({ signal }, "stopping");
    setTimeout(() => {
      log.warn("stopping took too long, leaving the rest to others");
      process.exit(0);
    }, stopMsMax).unref();
    await running.stop();
    process.exit(0);
  } catch (error) {
    console.error(error instanceof BadEnvironment ? error.message : error);
    process.exit(1);
  }
}
