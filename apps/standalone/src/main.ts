/** Everything in one process, with nothing installed: what `npm start` runs. */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { BadEnvironment, parseEnv, type StandaloneEnv } from "@axon/config/env";
import { withEnvFile } from "@axon/config/env-file";
import { createLogger } from "@axon/config/logger";
import type { Parts } from "@axon/runtime/parts";
import { createReporter } from "@axon/runtime/report";
import { endOnUncaught, leaveInTime } from "@axon/runtime/run";
import { release } from "@axon/runtime/version";
import { startServer } from "@axon/server/start-server";
import { startWorker } from "@axon/worker/start-worker";
import { prepareDemo, seedDemo } from "./demo.ts";
import { createEmbeddedParts } from "./embedded-parts.ts";
import { step } from "./steps.ts";
import { summary } from "./summary.ts";

/** Ctrl-C gives running jobs this long to end; what does not end is done at the next start. */
const graceMs = 3_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { fresh: { type: "boolean", default: false }, port: { type: "string" }, "no-seed": { type: "boolean", default: false } },
  });
  const readEnv = () =>
    parseEnv({ ...withEnvFile(process.env, ".env"), ...(values.port === undefined ? {} : { PORT: values.port }) }, "standalone");
  let env = readEnv();
  if (values.fresh) {
    rmSync(env.home, { recursive: true, force: true });
    env = readEnv(); // The secrets went with it; this makes new ones.
  }
  const log = createLogger({ level: env.logLevel, name: "axon", pretty: true });
  const ended = stopSignal();
  const reporter = await createReporter({ dsn: env.sentryDsn, name: "axon", release, environment: env.nodeEnv });
  endOnUncaught(log, reporter);
  const parts = await step("database", () => createEmbeddedParts(env, log, reporter));
  const closers: (() => Promise<void>)[] = [() => parts.close()];
  try {
    await run(env, parts, closers, values["no-seed"] === false, ended);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function run(env: StandaloneEnv, parts: Parts, closers: (() => Promise<void>)[], seed: boolean, ended: Promise<void>): Promise<void> {
  const url = await step("listening", async () => {
    const server = await startServer(parts, env);
    closers.push(() => server.close());
    const worker = await startWorker(parts);
    // Both at once: ten seconds are not many.
    closers.splice(closers.length - 1, 1, async () => {
      await Promise.all([server.close(), worker.close(graceMs)]);
    });
    return env.http.port === 0 ? `http://${env.http.host}:${server.port}` : env.http.baseUrl;
  });
  if (env.bullBoardPort !== null) {
    const { startBullBoard } = await import("@axon/worker/bull-board");
    const board = await startBullBoard(parts.jobs, env.bullBoardPort);
    closers.push(() => board.close());
    console.log(`Bull Board: ${board.url}`);
  }
  if (seed) {
    const demo = await Promise.race([step("seed", async () => seedDemo(env.home, await prepareDemo(env.home, url))), ended]);
    if (demo) console.log(summary(demo, parts.provider.name, env.home));
  } else {
    console.log(`Axon is running: ${url}`);
  }
  await ended;
  console.log("\nStopping…");
  leaveInTime(parts.log);
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one does not wait for anything. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}

function explain(error: unknown): string {
  if (error instanceof BadEnvironment) return error.message;
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error) {
    return `Port ${error.port} is taken. Choose another: npm start -- --port ${Number(error.port) + 100}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`\n✗ ${explain(error)}`);
    process.exit(1);
  },
);
