/**
 * `pnpm eval DIR [--fit] [--json] [--database]`: measures retrieval and confidence on a folder of question sets, with the
 * very code that production runs. The only file here that reads the environment.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { createLocalProvider } from "@axon/ai/local/provider";
import { Command } from "commander";
import { runEval } from "./run-eval.ts";

interface Flags {
  fit?: boolean;
  json?: boolean;
  database?: boolean;
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
  .action(async (folder: string, flags: Flags) => {
    const databaseUrl = process.env.TEST_DATABASE_URL ?? process.env.DATABASE_URL;
    if (flags.database && !databaseUrl) throw new Error("--database needs TEST_DATABASE_URL or DATABASE_URL");
    const report = await runEval({
      folder,
      provider: createLocalProvider(),
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
