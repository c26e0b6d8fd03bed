/**
 * The life of a production process: read the environment, start, serve until told to stop, end in order.
 *
 * @module
 */
import { BadEnvironment, type EnvSource, type ProductionEnv, parseEnv } from "@axon/config/env";
import { createLogger, type Logger } from "@axon/config/logger";
import { createReporter, type Reporter } from "./report.ts";
import { release } from "./version.ts";

/** An init system kills what has not ended ten seconds after SIGTERM. Everything here survives being killed; ending by ourselves is only tidier. */
const stopMsMax = 9_500;
/** What the last reports are given to go out. */
const lastReportsMs = 500;
const fatalReportMs = 2_000;

/** Starts something and gives the way to stop it. */
export type Start = (env: ProductionEnv, log: Logger, reporter: Reporter) => Promise<{ stop(): Promise<void> }>;

/**
 * Runs until SIGTERM or SIGINT, then stops and exits with 0. Exits with 1, having said why, when it cannot start;
 * a bad environment is told by the names of all bad variables.
 */
export async function runProcess(name: string, source: EnvSource, start: Start): Promise<void> {
  try {
    const env = parseEnv(source, "production");
    const log = createLogger({ level: env.logLevel, name });
    const reporter = await createReporter({ dsn: env.sentryDsn, name, release, environment: env.nodeEnv });
    endOnUncaught(log, reporter);
    const running = await start(env, log, reporter).catch(async (error: unknown) => {
      await giveUp(log, reporter, error, "could not start");
      return process.exit(1);
    });
    const signal = await new Promise<string>((resolve) => {
      process.once("SIGTERM", resolve);
      process.once("SIGINT", resolve);
    });
    log.info({ signal }, "stopping");
    leaveInTime(log);
    await running.stop();
    await reporter.close(lastReportsMs);
    process.exit(0);
  } catch (error) {
    console.error(error instanceof BadEnvironment ? error.message : error);
    process.exit(1);
  }
}

/** Ends the process, with 0, in time before an init system would kill it, however far its stopping has come. */
export function leaveInTime(log: Logger): void {
  setTimeout(() => {
    log.warn("stopping took too long, leaving the rest to others");
    process.exit(0);
  }, stopMsMax).unref();
}

/**
 * What nobody caught leaves the process in a state that nobody knows: it says so and ends with 1, for its keeper to start it
 * again. What it held is taken over by others.
 */
export function endOnUncaught(log: Logger, reporter: Reporter): void {
  const end = (error: unknown) => giveUp(log, reporter, error, "nobody caught this; ending").finally(() => process.exit(1));
  process.once("uncaughtException", end);
  process.once("unhandledRejection", end);
}

async function giveUp(log: Logger, reporter: Reporter, error: unknown, message: string): Promise<void> {
  log.fatal({ err: error }, message);
  reporter.report(error);
  await reporter.close(fatalReportMs);
}
