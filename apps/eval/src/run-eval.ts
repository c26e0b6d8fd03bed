/**
 * One run: a database, every set in a workspace of its own, every question asked, the numbers.
 *
 * @module
 */
import { createConfidenceModel } from "@axon/ai/confidence/model";
import type { AiProvider } from "@axon/ai/provider";
import { connect, type Database, type DatabaseTarget } from "@axon/db/connect";
import { migrate } from "@axon/db/migrate";
import { type Asked, type Asking, askAll } from "./ask-set.ts";
import { openDatabase } from "./database.ts";
import { fitModels, fitRows, fitWritten } from "./fit-models.ts";
import { type LoadedSet, loadSet } from "./load-set.ts";
import { type EvalSet, fingerprint, readSets } from "./read-sets.ts";
import { buildReport, printable, type Report } from "./report.ts";
import { writtenRows } from "./written-rows.ts";

export interface EvalOptions {
  folder: string;
  provider: AiProvider;
  /** null: the embedded engine, in memory. */
  databaseUrl: string | null;
  /** Where `--fit` writes; null: nothing is fitted. A provider that writes its own answers is fitted on those. */
  coefficientsFolder: string | null;
  /** Answers that a real model writes for a fit, in each set at most. */
  answersPerSet?: number;
  /** Progress, a line at a time. */
  say: (text: string) => void;
}

const poolMax = 4;
const answersPerSetDefault = 150;

export async function runEval(options: EvalOptions): Promise<{ json: Report; text: string }> {
  const sets = await readSets(options.folder);
  const opened = await openDatabase(options.databaseUrl);
  try {
    await migrate(opened.target);
    return await withDatabase(opened.target, (database) => measure(options, sets, database));
  } finally {
    await opened.close();
  }
}

async function withDatabase<Result>(target: DatabaseTarget, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = connect(target, { poolMax });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function measure(
  { folder, provider, coefficientsFolder, answersPerSet = answersPerSetDefault, say }: EvalOptions,
  sets: readonly EvalSet[],
  database: Database,
): Promise<{ json: Report; text: string }> {
  const loaded = new Map<string, LoadedSet>();
  const results = new Map<string, Asked[]>();
  let { confidence } = provider;
  let unseen = "";
  // Sets that are asked of the same passages share a workspace: the array is the same only in content, so the name of its first passage tells.
  const keyOf = (set: EvalSet) => `${set.passages.length}:${set.passages[0]?.id ?? ""}`;
  for (const set of sets) {
    const startedMs = performance.now();
    const place = loaded.get(keyOf(set)) ?? (await loadSet(database, provider.embedder, set.name, set.passages));
    loaded.set(keyOf(set), place);
    results.set(set.name, await askAll({ database, provider, set: place }, set.questions));
    say(
      `${set.name}: ${set.passages.length} passages, ${set.questions.length} questions, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
    );
  }
  if (coefficientsFolder !== null) {
    const askingOf = (name: string): Asking => {
      const set = sets.find((one) => one.name === name);
      const place = set && loaded.get(keyOf(set));
      if (!place) throw new Error(`the set ${name} was not loaded`);
      return { database, provider, set: place };
    };
    const fitting = { folder: coefficientsFolder, data: await fingerprint(folder) };
    const fitted =
      provider.name === "local"
        ? await fitModels(await fitRows(sets, results, askingOf), fitting)
        : await fitWritten(await writtenRows(sets, askingOf, { perSet: answersPerSet, say }), { ...fitting, model: provider.chat.id });
    unseen = fitted.text;
    confidence = createConfidenceModel(fitted.coefficients);
  }
  const judged = new Map(
    [...results].map(([name, asked]) => [name, asked.map((one) => ({ ...one, confidence: confidence.score(one.features) }))]),
  );
  const json = buildReport(provider.name, { threshold: confidence.threshold, threshold95: confidence.threshold95 ?? 1 }, judged);
  const seen = unseen
    ? `confidence above: by the new model (${confidence.id}), on the very data that it was fitted on\n\n${unseen}`
    : `confidence by the model ${confidence.id}${provider.name === "local" ? "" : ", from the search alone: no answer was written"}; on the folder that it was fitted on, "--fit" also gives the figures of unseen documents`;
  return { json, text: `${printable(json)}\n${seen}` };
}
