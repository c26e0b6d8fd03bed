/**
 * `--fit`: asks the sets once more as small knowledge bases, fits both providers' models, and writes their coefficients.
 *
 * Questions are asked of the whole set, and of a few passages only: once of those that hold the answer, once of others. A
 * business with three documents is as common as one with three thousand, and scores of the two are not alike. And they
 * are asked of the set without the documents that answer them: each is then a question that its knowledge base cannot
 * answer, worded as its customers word them.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { auroc, brier, calibrationError, coverageAt, type Judged } from "@axon/ai/confidence/measures";
import type { Coefficients } from "@axon/ai/confidence/model";
import { type Asked, type Asking, ask, askAllAtOnce } from "./ask-set.ts";
import { type FitRow, type Fitted, fit } from "./fit.ts";
import { groupBy } from "./group.ts";
import { mean } from "./metrics.ts";
import type { EvalQuestion, EvalSet } from "./read-sets.ts";

/** Sets that say what is answerable by their knowledge base, not by one paragraph. */
export const fittedSets = ["stackfaq", "mtrag", "squad2_offtopic"];
/** What each of them counts beside a whole set. */
const smallShare = 0.4;
const questionsMax = 400;
/** A small knowledge base: so many passages of documents that stand side by side. */
const smallPassages = 16;
/** Sets whose unanswerable questions are too few or too alike to fit on alone. */
const leftOutSets = ["stackfaq", "mtrag"];

/** Features that live on the scale of an embedder's cosines. The hashed vectors say nothing about another's. */
const ofVectors = ["topVector", "fusedSpread"];

/**
 * What an answer's own features add for a real model. There is no data to fit these on offline: they are a prior, chosen
 * so that a model's free decision to answer, each sentence borne out by what it cites, and sure tokens each raise the
 * odds by about two. `pnpm eval --fit` with a real provider's answers is the way to replace them.
 */
const writtenPrior: Coefficients["features"] = {
  answered: { mean: 0, scale: 1, weight: 0.8 },
  groundedMean: { mean: 0.6, scale: 0.25, weight: 0.3 },
  groundedWorst: { mean: 0.4, scale: 0.3, weight: 0.15 },
  citationsInvented: { mean: 0, scale: 1, weight: -0.8 },
  logprobMean: { mean: -0.2, scale: 0.2, weight: 0.3 },
};

/**
 * Also a prior: a real embedder finds what shares no word with the question (another language, a paraphrase), so shared
 * words count half of what was fitted beside hashed vectors, and the cosine counts. Of text-embedding-3-small it is about
 * 0.1 to 0.25 for what is not related and 0.45 to 0.65 for what is.
 */
const wordsShare = 0.5;
const vectorPrior: Coefficients["features"] = { topVector: { mean: 0.35, scale: 0.12, weight: 1.2 } };

function withPrior(fitted: Coefficients): Coefficients {
  const words = Object.entries(fitted.features).map(([name, one]) => [
    name,
    { ...one, weight: Number((one.weight * wordsShare).toPrecision(5)) },
  ]);
  return { ...fitted, features: { ...Object.fromEntries(words), ...vectorPrior, ...writtenPrior } };
}

/** Rows of the fitted sets, in full and as small knowledge bases. */
export async function fitRows(
  sets: readonly EvalSet[],
  results: ReadonlyMap<string, readonly Asked[]>,
  askingOf: (set: string) => Asking,
): Promise<FitRow[]> {
  const rows: FitRow[] = [];
  for (const name of fittedSets) {
    const set = sets.find((one) => one.name === name);
    if (!set) continue;
    const answerable = name === "squad2_offtopic" ? (results.get("squad2") ?? []).filter(({ question }) => question.answerable) : [];
    rows.push(...[...(results.get(name) ?? []), ...answerable].flatMap((asked) => rowOf(name, set, asked)));
  }
  for (const name of ["stackfaq", "mtrag", "squad2", "clapnq"]) {
    const set = sets.find((one) => one.name === name);
    if (!set) continue;
    rows.push(...(await smallRows(set, askingOf(name))));
    if (leftOutSets.includes(name)) rows.push(...(await leftOutRows(set, askingOf(name))));
  }
  return rows;
}

function rowOf(name: string, set: EvalSet, { question, features }: Asked): FitRow[] {
  return question.answerable === null ? [] : [{ set: name, group: groupOf(name, set, question), features, truth: question.answerable }];
}

/** The set whose passages a set's questions are asked of. */
function documentsOf(name: string): string {
  return name === "squad2_offtopic" ? "squad2" : name;
}

/** Which questions stand and fall together: those of one document or one conversation. */
export function groupOf(name: string, set: EvalSet, question: EvalQuestion): string {
  return `${documentsOf(name)}:${homeOf(set, question)}`;
}

function homeOf(set: EvalSet, question: EvalQuestion): string {
  if (question.faq !== undefined) return question.faq;
  if (question.history.length > 0) return question.history[0]?.text ?? question.id;
  const [gold] = question.gold;
  return set.passages.find(({ id }) => id === gold)?.doc_id ?? question.id;
}

/** At most `questionsMax` answerable questions of a set, spread over all of it, each with the documents that answer it. */
function answerableOf(set: EvalSet): { question: EvalQuestion; documents: ReadonlySet<string>; group: string }[] {
  const documentOf = new Map(set.passages.map(({ id, doc_id }) => [id, doc_id]));
  const answerable = set.questions.filter(({ answerable, gold }) => answerable && gold.length > 0);
  const step = Math.max(1, Math.floor(answerable.length / questionsMax));
  return answerable
    .filter((_, index) => index % step === 0)
    .map((question) => ({
      question,
      documents: new Set(question.gold.flatMap((id) => documentOf.get(id) ?? [])),
      group: groupOf(set.name, set, question),
    }));
}

async function leftOutRows(set: EvalSet, asking: Asking): Promise<FitRow[]> {
  const cases = answerableOf(set);
  return askAllAtOnce(cases, async ({ question, documents, group }) => {
    const sourceIds = [...asking.set.sourceOf].flatMap(([name, id]) => (documents.has(name) ? [] : [id]));
    const { features } = await ask({ ...asking, sourceIds }, question);
    return { set: set.name, group, truth: false, leftOut: true, features };
  });
}

async function smallRows(set: EvalSet, asking: Asking): Promise<FitRow[]> {
  const sizes = groupBy(set.passages, ({ doc_id }) => doc_id);
  const names = [...sizes.keys()];
  /** Documents from the one at `start` on, until there are passages enough, without those of `without`. */
  const some = (start: number, without: ReadonlySet<string>): string[] => {
    const ids: string[] = [];
    for (let count = 0, step = 0; count < smallPassages && step < names.length; step += 1) {
      const name = names[(start + step) % names.length] ?? "";
      if (without.has(name)) continue;
      count += sizes.get(name)?.length ?? 0;
      ids.push(asking.set.sourceOf.get(name) ?? "");
    }
    return ids;
  };
  const cases = answerableOf(set).flatMap(({ question, documents, group }, index) => {
    const home = names.indexOf([...documents][0] ?? "");
    const away = home + Math.floor(names.length / 3) + (index % 7);
    return [
      { question, group, truth: true, sourceIds: some(home, new Set()) },
      { question, group, truth: false, sourceIds: some(away, documents) },
    ];
  });
  return askAllAtOnce(cases, async ({ question, group, truth, sourceIds }) => ({
    ...{ set: `${set.name}:small`, group, truth },
    features: (await ask({ ...asking, sourceIds }, question)).features,
  }));
}

interface Fitting {
  /** Where the coefficients are written. */
  folder: string;
  /** Tells the data that they were fitted on. */
  data: string;
}

interface FittedModel {
  coefficients: Coefficients;
  /** What unseen documents, and unseen sets, would have got. */
  text: string;
}

/**
 * Fits what the search alone tells: all of the local provider's model, and of a real one's the part that needs no answer
 * written; the rest of that is a prior. Writes both.
 */
export async function fitModels(rows: readonly FitRow[], { folder, data }: Fitting): Promise<FittedModel> {
  const names = namesIn(rows);
  const shares = Object.fromEntries([...new Set(rows.map(({ set }) => set))].map((set) => [set, set.endsWith(":small") ? smallShare : 1]));
  // The hashed vectors' best cosine says nothing that the words do not: unseen sets were told worse with it.
  const local = fitted(rows, { id: "local-fit-3", names: names.filter((name) => name !== "topVector"), shares, data });
  const words = fitted(rows, { id: "openai-prior-3", names: names.filter((name) => !ofVectors.includes(name)), shares, data });
  await writeFile(join(folder, "local.ts"), source("local", local.coefficients, "All of it is fitted."));
  const note = "Only how words are shared is fitted, then halved; cosine and written answer are a prior (apps/eval/src/fit-models.ts).";
  await writeFile(join(folder, "openai.ts"), source("openai", withPrior(words.coefficients), note));
  return { coefficients: local.coefficients, text: `${local.text}\n\nof a real model, the words alone, before the prior:\n${words.text}` };
}

/** Fits a real model on the answers that it wrote, and writes its coefficients. `model` is its name. */
export async function fitWritten(rows: readonly FitRow[], { folder, data, model }: Fitting & { model: string }): Promise<FittedModel> {
  const result = fitted(rows, { id: `openai-fit-3:${model}`, names: namesIn(rows), shares: {}, data });
  const note = `All of it is fitted, on answers that ${model.replace(/[^\w.:/-]/g, "")} wrote.`;
  await writeFile(join(folder, "openai.ts"), source("openai", result.coefficients, note));
  return result;
}

function namesIn(rows: readonly FitRow[]): string[] {
  return [...new Set(rows.flatMap(({ features }) => Object.keys(features)))];
}

interface FitOptions {
  id: string;
  names: readonly string[];
  shares: Readonly<Record<string, number>>;
  data: string;
}

function fitted(rows: readonly FitRow[], { id, names, shares, data }: FitOptions): FittedModel {
  const result = fit(id, rows, names, shares, fittedSets);
  const text = [
    "documents that were not fitted on (cross-validation in five parts, split by document):",
    summary(rows, result, result.unseen),
    "sets of which nothing was fitted on (other documents, other askers, another share of answerable questions):",
    summary(rows, result, result.unseenSet),
  ].join("\n");
  return { coefficients: { ...result.coefficients, data }, text };
}

function summary(rows: readonly FitRow[], { coefficients }: Fitted, values: readonly number[]): string {
  const { threshold, threshold95 = 1 } = coefficients;
  const sets = [...new Set(rows.map(({ set }) => set))].map((set) => {
    const judged: Judged[] = rows.flatMap(({ truth, set: of, leftOut }, index) =>
      of === set && !leftOut ? [{ value: values[index] ?? 0, truth }] : [],
    );
    const above = (least: number) => {
      const given = judged.filter(({ value }) => value >= least);
      return [mean(given.map(({ truth }) => Number(truth))), given.length / judged.length];
    };
    return {
      set,
      numbers: [
        ...[auroc(judged), calibrationError(judged), brier(judged), coverageAt(judged, 0.95)],
        ...above(threshold),
        ...above(threshold95),
      ],
    };
  });
  const main = sets.filter(({ set }) => fittedSets.includes(set));
  const columns = ["AUROC", "ECE", "Brier", "cov@95", "prec@t", "cov@t", "prec@T", "cov@T"];
  const line = (label: string, numbers: readonly number[]) =>
    `  ${label.padEnd(18)}${numbers.map((number) => number.toFixed(3).padStart(8)).join("")}`;
  return [
    `  t = ${threshold} (for 90 %), T = ${threshold95} (for 95 %)`,
    `  ${"".padEnd(18)}${columns.map((column) => column.padStart(8)).join("")}`,
    ...sets.map(({ set, numbers }) => line(set, numbers)),
    line(
      "mean of three",
      columns.map((_, column) => mean(main.map(({ numbers }) => numbers[column] ?? 0))),
    ),
  ].join("\n");
}

function source(provider: string, coefficients: Coefficients, note: string): string {
  const features = Object.entries(coefficients.features).map(
    ([name, { mean: centre, scale, weight }]) => `    ${name}: { mean: ${centre}, scale: ${scale}, weight: ${weight} },`,
  );
  return `/**
 * Written by \`pnpm eval DIR --fit\`; ../model.ts says what it means. ${note}
 *
 * @module
 */
import type { Coefficients } from "../model.ts";

export const ${provider}Coefficients = {
  id: ${JSON.stringify(coefficients.id)},
  threshold: ${coefficients.threshold},
  threshold95: ${coefficients.threshold95},
  data: "${coefficients.data}",
  intercept: ${coefficients.intercept},
  features: {
${features.join("\n")}
  },
} as const satisfies Coefficients;
`;
}
