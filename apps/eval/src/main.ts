/**
 * `pnpm eval DIR [--fit] [--json] [--database] [--provider local|openai]`: measures retrieval and confidence on a folder of question sets, with the
 * very code that production runs. The only file here that reads the environment.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { createLocalProvider } from "@axon/ai/local/provider";
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import type { AiProvider } from "@axon/ai/provider";
import { Command, Option } from "commander";
import { runEval } from "./run-eval.ts";

interface Flags {
  fit?: boolean;
  json?: boolean;
  database?: boolean;
  provider: "local" | "openai";
  answers: number;
}

/** A real model costs what its vendor asks: it is used only when it is named. */
function providerOf({ provider }: Flags): AiProvider {
  if (provider === "local") return createLocalProvider();
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OPENAI_MODEL, OPENAI_EMBEDDING_MODEL } = process.env;
  if (!apiKey) throw new Error("--provider openai needs OPENAI_API_KEY");
  return createOpenAiProvider({
    ...{ apiKey, model: OPENAI_MODEL || "gpt-4o", embeddingModel: OPENAI_EMBEDDING_MODEL || "text-embedding-3-small" },
    ...(baseUrl && { baseUrl }),
  });
}

const command = new Command("eval")
  .description("Measures retrieval and confidence on a folder of question sets.")
  .argument("<dir>", "folder with <set>.passages.jsonl.gz and <set>.questions.jsonl.gz")
  .option("--fit", "fit the confidence models to it and write their coefficients into packages/ai")
  .option("--json", "print the numbers as one JSON object")
  .option(
    "--database",
    "refuse to run without TEST_DATABASE_URL or DATABASE_URL; without this option the first is used if it is set, else the embedded engine",
  )
  .addOption(new Option("--provider <name>", "whose search and confidence to measure").choices(["local", "openai"]).default("local"))
  .option("--answers <number>", "with --fit and --provider openai: answers to have written in each set", Number, 150)
  .action(async (folder: string, flags: Flags) => {
    const databaseUrl = process.env.TEST_DATABASE_URL ?? process.env.DATABASE_URL;
    if (flags.database && !databaseUrl) throw new Error("--database needs TEST_DATABASE_URL or DATABASE_URL");
    const report = await runEval({
      folder,
      provider: providerOf(flags),
      answersPerSet: flags.answers,
      // Like the tests: on the real server where the run names one.
      databaseUrl: (flags.database ? databaseUrl : process.env.TEST_DATABASE_URL) || null,
      coefficientsFolder: flags.fit ? fileURLToPath(new URL("../../../packages/ai/src/confidence/coefficients/", import.meta.url)) : null,
      say: (text) => process.stderr.write(`${text}\n`),
    });
    process.stdout.write(`${flags.json ? JSON.stringify(report.json, null, 2) : report.text}\n`);
  });

try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
