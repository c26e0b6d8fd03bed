/**
 * `axon seed`: the demo agent and its handbook into the workspace; with `--scale`, a year of a large shop's conversations.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { exitCodes, UsageError } from "../failure.ts";
import { type Io, say } from "../io.ts";
import { createCounter, createProgressBoard } from "../progress.ts";
import { exampleQuestions } from "../seed/questions.ts";
import { scaleMessagesMax, seedScale } from "../seed/scale.ts";
import { seedDemo } from "../seed/seed.ts";

interface SeedOptions {
  handbookDir: string;
  json?: boolean;
  quiet?: boolean;
}

/** How many of the example questions are printed. */
const shownQuestions = 3;

/** Gives 0 when the whole handbook can be searched, 1 when a document failed. */
export async function seed(client: AxonClient, io: Io, options: SeedOptions): Promise<number> {
  const quiet = options.quiet === true;
  const board = createProgressBoard(io, quiet);
  const result = await seedDemo(client, {
    handbookDir: options.handbookDir,
    onProgress(progress) {
      if (progress.type === "step") board.update(progress.name, progress.step);
      else
        board.finish(
          progress.name,
          progress.error?.message ?? null,
          progress.kept ? "already there" : `ready, ${progress.chunks} passages`,
        );
    },
  }).finally(() => board.stop());
  const failed = result.documents.filter(({ status }) => status === "failed");
  if (options.json) say(io, JSON.stringify(result));
  else if (!quiet) {
    say(
      io,
      `${io.style.good("Ready:")} ${result.agentName} has read ${result.documents.length - failed.length} documents. Ask, for example:`,
    );
    for (const { question } of exampleQuestions.slice(0, shownQuestions)) say(io, `  axon ask ${JSON.stringify(question)}`);
  }
  return failed.length > 0 ? exitCodes.failed : 0;
}

interface ScaleOptions {
  scale: string;
  seed: string;
  json?: boolean;
  quiet?: boolean;
}

/** Gives 0 when everything is there. */
export async function seedAtScale(client: AxonClient, io: Io, options: ScaleOptions): Promise<number> {
  const messages = wholeNumber(options.scale, "--scale", scaleMessagesMax);
  const counter = createCounter(io, { what: "messages", total: messages, quiet: options.quiet === true || options.json === true });
  const result = await seedScale(client, {
    messages,
    seed: wholeNumber(options.seed, "--seed", 1_000_000),
    onProgress: (done) => counter.update(done.messages, `${Math.round(done.rate)} a second`),
  }).finally(() => counter.stop());
  if (options.json) say(io, JSON.stringify(result));
  else if (options.quiet !== true) {
    const kept = result.kept > 0 ? `; ${result.kept} conversations were there before` : "";
    const made = `${result.messages} messages in ${result.conversations} conversations, in ${result.seconds.toFixed(0)} s${kept}`;
    say(io, `${io.style.good("Ready:")} ${made}. Look, for example:`);
    for (const command of ["conversations counts", "conversations --status open --tag refund", "conversations search tent Galway"])
      say(io, `  axon ${command}`);
  }
  return 0;
}

function wholeNumber(given: string, option: string, max: number): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1 || value > max) throw new UsageError(`${option} is a whole number from 1 to ${max}.`);
  return value;
}
