/**
 * `pnpm chaos`: looks for a way to lose, double or reorder a message, or to talk over a person. The only file here that reads the
 * environment.
 *
 * @module
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { plants } from "./planted/plants.ts";
import { campaign } from "./processes/campaign.ts";
import { prove } from "./prove.ts";
import { tellFailure, tellRuns } from "./report.ts";
import { type Batch, type BatchResult, runBatch } from "./sim/lanes.ts";

interface Flags {
  runs: string;
  seed?: string;
  json?: boolean;
  plant?: string;
  prove?: boolean;
  lanes: string;
  from: string;
  processes?: boolean;
  minutes: string;
  postgresRoot?: string;
}

/** Processes among which the runs are dealt. */
const partsMax = 4;

const command = new Command("chaos")
  .description("Simulates the message path with every fault that we know of, or kills real processes under load.")
  .option("--runs <number>", "how many runs", "1000")
  .option("--seed <seed>", "where chance comes from; another each time when left out")
  .option("--from <number>", "the number of the first run: with --runs 1, one run of a seed again", "0")
  .option("--lanes <number>", "databases that each process works on side by side", "3")
  .option("--plant <bug>", `plants a bug: ${Object.keys(plants).join(", ")}`)
  .option("--prove", "plants each bug in turn and says which seed found it; fails when one is not found")
  .option("--processes", "real servers, workers, Redis and PostgreSQL, killed at random under load")
  .option("--minutes <number>", "how long the real processes are tormented", "5")
  .option("--postgres-root <folder>", "a folder with a whole system in it whose PostgreSQL is used (root only)")
  .option("--json", "print the numbers as one JSON object")
  .action(async (flags: Flags) => {
    const seed = flags.seed ?? randomBytes(4).toString("hex");
    const serverUrl = process.env.TEST_DATABASE_URL || process.env.DATABASE_URL || null;
    if (flags.processes) {
      const postgresRoot = flags.postgresRoot ?? process.env.AXON_CHAOS_POSTGRES_ROOT ?? null;
      process.exitCode = await campaign({ seed, minutes: positive("--minutes", flags.minutes), postgresRoot, json: flags.json === true });
    } else if (flags.prove) {
      process.exitCode = await prove({ seed, serverUrl, json: flags.json === true });
    } else {
      process.exitCode = await simulate(flags, seed, serverUrl);
    }
  });

async function simulate(flags: Flags, seed: string, serverUrl: string | null): Promise<number> {
  const plant = flags.plant === undefined ? null : plants[flags.plant];
  if (plant === undefined) throw new Error(`there is no bug ${flags.plant} to plant; there are ${Object.keys(plants).join(", ")}`);
  const from = Math.trunc(Number(flags.from));
  const runs = Math.trunc(positive("--runs", flags.runs));
  const lanes = Math.min(runs, Math.trunc(positive("--lanes", flags.lanes)));
  const batch = { seed, from, step: 1, end: from + runs, lanes: serverUrl === null ? 1 : lanes, serverUrl, plant };
  const startedMs = performance.now();
  const onRun = (done: number) => void (done % 100 === 0 && process.stderr.write(`${done} runs …\n`));
  if (process.send) {
    // A part of a larger campaign: the one who deals the runs tells the result.
    process.send(await runBatch({ ...batch, onRun: (done) => void process.send?.({ done }) }));
    process.disconnect();
    return 0;
  }
  const parts = serverUrl === null || runs < 200 ? 1 : Math.min(partsMax, cpus().length);
  const result = parts === 1 ? await runBatch({ ...batch, onRun }) : await deal(batch, { parts, plant: flags.plant, onRun });
  const ms = performance.now() - startedMs;
  process.stdout.write(`${flags.json ? JSON.stringify({ seed, ms, ...result }, null, 2) : tellRuns(seed, result, ms)}\n`);
  if (result.failure && !flags.json) process.stdout.write(`\n${tellFailure(result.failure, flags.plant)}\n`);
  return result.failure ? 1 : 0;
}

interface Deal {
  parts: number;
  plant: string | undefined;
  /** Told how many runs are done in all. */
  onRun(done: number): void;
}

/**
 * Deals the runs to processes like this one: a run takes as much of this processor as of the database's. The first failure ends the
 * others, whose runs then count for nothing.
 */
async function deal(batch: Batch, { parts, plant, onRun }: Deal): Promise<BatchResult> {
  const size = Math.ceil((batch.end - batch.from) / parts);
  const failed = new AbortController();
  let done = 0;
  const results = await Promise.all(
    Array.from({ length: parts }, (_, part) => {
      const from = batch.from + part * size;
      const more = plant === undefined ? [] : ["--plant", plant];
      const runs = Math.min(size, batch.end - from);
      const args = ["--seed", batch.seed, "--from", String(from), "--runs", String(runs), "--lanes", String(batch.lanes), ...more];
      return inProcess(args, { failed, onRun: () => onRun(++done) });
    }),
  );
  const sum = (of: (result: BatchResult) => number) => results.reduce((total, result) => total + of(result), 0);
  return {
    runs: sum(({ runs }) => runs),
    steps: sum(({ steps }) => steps),
    messages: sum(({ messages }) => messages),
    replies: sum(({ replies }) => replies),
    faults: sum(({ faults }) => faults),
    failure: results.find(({ failure }) => failure !== null)?.failure ?? null,
  };
}

const nothingRun: BatchResult = { runs: 0, steps: 0, messages: 0, replies: 0, faults: 0, failure: null };

function inProcess(args: string[], { failed, onRun }: { failed: AbortController; onRun(): void }): Promise<BatchResult> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    failed.signal.addEventListener("abort", () => {
      resolve(nothingRun);
      child.kill();
    });
    child.on("message", (said) => {
      // safe: the child is this very program, and sends nothing else
      const told = said as { done: number } | BatchResult;
      if ("done" in told) return onRun();
      resolve(told);
      if (told.failure !== null) failed.abort();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`a part of the campaign ended with ${code}`)));
  });
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number)) throw new Error(`${name} takes a number above 0`);
  return number;
}

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}` : String(error)}\n`,
  );
  process.exitCode = 1;
}
