/**
 * `--fit`: asks the sets once more as small knowledge bases, fits both providers' models, and writes their coefficients.
 *
 * Questions are asked of the whole set, and of a few passages only: once of those that hold the answer, once of others. A
 * business with three documents is as common as one with three thousand, and scores of the two are not alike.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Coefficients } from "@axon/ai/confidence/model";
import { type Asked, type Asking, ask } from "./ask-set.ts";
import { type FitRow, type Fitted, fit } from "./fit.ts";
import { auroc, brier, calibrationError, coverageAt, type Judged, mean } from "./metrics.ts";
import type { EvalQuestion, EvalSet } from "./read-sets.ts";

/** Sets that say what is answerable by their knowledge base, not by one paragraph. */
export const fittedSets = ["stackfaq", "mtrag", "squad2_offtopic"];
/** What each of them counts beside a whole set. */
const smallShare = 0.25;
const smallQuestionsMax = 400;

/** Features that live on the scale of an embedder's cosines. The hashed vectors say nothing about another's. */
const ofVectors = ["topFused", "fusedMargin", "fusedOutlier", "topVector", "legsOverlap"];

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
    if (set) rows.push(...(await smallRows(set, askingOf(name))));
  }
  return rows;
}

function rowOf(name: string, set: EvalSet, { question, features }: Asked): FitRow[] {
  return question.answerable === null
    ? []
    : [{ set: name, group: `${set.name}:${groupOf(set, question)}`, features, truth: question.answerable }];
}

function groupOf(set: EvalSet, question: EvalQuestion): string {
  if (question.faq !== undefined) return question.faq;
  if (question.history.length > 0) return question.history[0]?.text ?? question.id;
  const [gold] = question.gold;
  return set.passages.find(({ id }) => id === gold)?.doc_id ?? question.id;
}

async function smallRows(set: EvalSet, asking: Asking): Promise<FitRow[]> {
  const documentOf = new Map(set.passages.map(({ id, doc_id }) => [id, doc_id]));
  const sources = [...new Set(asking.set.sourceOf.values())];
  const answerable = set.questions.filter(({ answerable, gold }) => answerable && gold.length > 0);
  const step = Math.max(1, Math.floor(answerable.length / smallQuestionsMax));
  const rows: FitRow[] = [];
  for (let index = 0; index < answerable.length; index += step) {
    const question = answerable[index];
    const home = asking.set.sourceOf.get(documentOf.get(question?.gold[0] ?? "") ?? "");
    const away = sources[(sources.indexOf(home ?? "") + 1 + (index % (sources.length - 1))) % sources.length];
    if (!question || !home || !away || away === home) continue;
    const group = `${set.name}:${groupOf(set, question)}`;
    rows.push({ set: `${set.name}:small`, group, truth: true, features: (await ask({ ...asking, sourceIds: [home] }, question)).features });
    rows.push({
      set: `${set.name}:small`,
      group,
      truth: false,
      features: (await ask({ ...asking, sourceIds: [away] }, question)).features,
    });
  }
  return rows;
}

/** Fits, writes the two files under `folder`, and says what unseen documents would have got. */
export async function fitModels(rows: readonly FitRow[], folder: string): Promise<{ local: Coefficients; text: string }> {
  const names = Object.keys(rows.find(({ features }) => Object.keys(features).length > 15)?.features ?? {});
  const shares = Object.fromEntries([...new Set(rows.map(({ set }) => set))].map((set) => [set, set.endsWith(":small") ? smallShare : 1]));
  const local = fit("local-fit-1", rows, names, shares, fittedSets);
  const openai = fit(
    "openai-prior-1",
    rows,
    names.filter((name) => !ofVectors.includes(name)),
    shares,
    fittedSets,
  );
  openai.coefficients = withPrior(openai.coefficients);
  await writeFile(join(folder, "local.ts"), source("local", local.coefficients, "All of it is fitted."));
  await writeFile(
    join(folder, "openai.ts"),
    source(
      "openai",
      openai.coefficients,
      "Only how words are shared is fitted, then halved; cosine and written answer are a prior (apps/eval/src/fit-models.ts).",
    ),
  );
  const text = [
    "values of unseen documents, by cross-validation:",
    summary("local", rows, local),
    summary("openai (words only, before the prior)", rows, openai),
  ].join("\n");
  return { local: local.coefficients, text };
}

function summary(name: string, rows: readonly FitRow[], { unseen, coefficients }: Fitted): string {
  const sets = [...new Set(rows.map(({ set }) => set))].map((set) => {
    const judged: Judged[] = rows.flatMap(({ truth, set: of }, index) => (of === set ? [{ value: unseen[index] ?? 0, truth }] : []));
    const given = judged.filter(({ value }) => value >= coefficients.threshold);
    return {
      set,
      numbers: [
        auroc(judged),
        calibrationError(judged),
        brier(judged),
        coverageAt(judged, 0.95),
        mean(given.map(({ truth }) => Number(truth))),
        given.length / judged.length,
      ],
    };
  });
  const main = sets.filter(({ set }) => fittedSets.includes(set));
  const line = (label: string, numbers: readonly number[]) =>
    `  ${label.padEnd(18)}${numbers.map((number) => number.toFixed(3).padStart(8)).join("")}`;
  return [
    `${name}, threshold ${coefficients.threshold}:  AUROC, ECE, Brier, cov@95, prec@t, cov@t`,
    ...sets.map(({ set, numbers }) => line(set, numbers)),
    line(
      "mean of three",
      [0, 1, 2, 3, 4, 5].map((column) => mean(main.map(({ numbers }) => numbers[column] ?? 0))),
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
  id: "${coefficients.id}",
  threshold: ${coefficients.threshold},
  intercept: ${coefficients.intercept},
  features: {
${features.join("\n")}
  },
} as const satisfies Coefficients;
`;
}
