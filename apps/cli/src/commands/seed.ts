/**
 * `axon seed`: the demo agent and its handbook into the workspace.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { exitCodes } from "../failure.ts";
import { type Io, say } from "../io.ts";
import { createProgressBoard } from "../progress.ts";
import { exampleQuestions } from "../seed/questions.ts";
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
