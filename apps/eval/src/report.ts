/**
 * The numbers of a run: per set, and the summary that goals are set on.
 *
 * @module
 */
import { auroc, brier, calibrationError, coverageAt, type Judged } from "@axon/ai/confidence/measures";
import type { Asked } from "./ask-set.ts";
import { groupBy } from "./group.ts";
import { mean, mrrAt10, recallAt } from "./metrics.ts";

export interface SetReport {
  questions: number;
  recallAt1: number | null;
  recallAt5: number | null;
  recallAt10: number | null;
  mrrAt10: number | null;
  auroc: number | null;
  ece: number | null;
  brier: number | null;
  coverageAt95: number | null;
  /** Of what confidence would answer at the model's threshold: how much was answerable, and how much of all that is. */
  atThreshold: AtThreshold | null;
  /** The same at its threshold for 95 %. */
  atThreshold95: AtThreshold | null;
  answerIn4k: number | null;
  languages?: Record<string, number>;
}

interface AtThreshold {
  precision: number;
  coverage: number;
}

/** Fixed by fitting, for the precisions of 90 and of 95 %; 1 where there is none. */
export interface Thresholds {
  threshold: number;
  threshold95: number;
}

export interface Report {
  provider: string;
  /** Means of the confidence sets, at thresholds that were fixed on other documents unless this folder is the one fitted on. */
  thresholds: { wanted: number; threshold: number; precision: number | null; coverage: number | null }[];
  summary: {
    recallAt1: number;
    recallAt5: number;
    recallAt10: number;
    mrrAt10: number;
    mtragRecallAt5: number | null;
    xquadRecallAt5: number | null;
    xquadWorst: { lang: string; recallAt5: number } | null;
    auroc: number | null;
    ece: number | null;
    brier: number | null;
    coverageAt95: number | null;
    answerIn4k: number | null;
  };
  sets: Record<string, SetReport>;
}

/** The English sets that the retrieval numbers are averaged over, and the ones that the confidence numbers are. */
const retrievalSets = ["squad2", "clapnq", "mtrag", "stackfaq"];
const confidenceSets = ["stackfaq", "mtrag", "squad2_offtopic"];

export function buildReport(provider: string, thresholds: Thresholds, results: ReadonlyMap<string, readonly Asked[]>): Report {
  const sets: Record<string, SetReport> = {};
  for (const [name, asked] of results) sets[name] = reportSet(asked, judgedOf(name, results), thresholds);
  const over = (names: readonly string[], key: keyof SetReport): number | null => {
    const values = names.flatMap((name) => {
      const value = sets[name]?.[key];
      return typeof value === "number" ? [value] : [];
    });
    return values.length === 0 ? null : mean(values);
  };
  const kept = (wanted: number, threshold: number, key: "atThreshold" | "atThreshold95") => {
    const found = confidenceSets.flatMap((name) => sets[name]?.[key] ?? []);
    const meanOf = (of: keyof AtThreshold) => (found.length === 0 ? null : mean(found.map((one) => one[of])));
    return { wanted, threshold, precision: meanOf("precision"), coverage: meanOf("coverage") };
  };
  const languages = Object.entries(sets.xquad?.languages ?? {}).sort(([, a], [, b]) => a - b);
  const [worst] = languages;
  return {
    provider,
    thresholds: [kept(0.9, thresholds.threshold, "atThreshold"), kept(0.95, thresholds.threshold95, "atThreshold95")],
    summary: {
      recallAt1: over(retrievalSets, "recallAt1") ?? 0,
      recallAt5: over(retrievalSets, "recallAt5") ?? 0,
      recallAt10: over(retrievalSets, "recallAt10") ?? 0,
      mrrAt10: over(retrievalSets, "mrrAt10") ?? 0,
      mtragRecallAt5: sets.mtrag?.recallAt5 ?? null,
      xquadRecallAt5: sets.xquad?.recallAt5 ?? null,
      xquadWorst: worst ? { lang: worst[0], recallAt5: worst[1] } : null,
      auroc: over(confidenceSets, "auroc"),
      ece: over(confidenceSets, "ece"),
      brier: over(confidenceSets, "brier"),
      coverageAt95: over(confidenceSets, "coverageAt95"),
      answerIn4k: sets.squad2?.answerIn4k ?? null,
    },
    sets,
  };
}

/** Off-topic questions are told from the answerable ones of the set whose passages they are asked of. */
export function judgedOf(name: string, results: ReadonlyMap<string, readonly Asked[]>): Judged[] {
  const own = results.get(name) ?? [];
  const others = name === "squad2_offtopic" ? (results.get("squad2") ?? []).filter(({ question }) => question.answerable === true) : [];
  return [...own, ...others].flatMap(({ question, confidence }) =>
    question.answerable === null ? [] : [{ value: confidence, truth: question.answerable }],
  );
}

function reportSet(asked: readonly Asked[], judged: readonly Judged[], { threshold, threshold95 }: Thresholds): SetReport {
  const ranked = asked.filter(({ question }) => question.gold.length > 0);
  const ranks = ranked.map(({ rank }) => rank);
  const recall = (k: number) => (ranks.length === 0 ? null : recallAt(ranks, k));
  const twoKinds = new Set(judged.map(({ truth }) => truth)).size === 2;
  const answers = asked.flatMap(({ answerIn4k }) => (answerIn4k === null ? [] : [Number(answerIn4k)]));
  const languages = groupBy(
    ranked.filter(({ question }) => question.lang !== undefined),
    ({ question }) => question.lang ?? "",
  );
  const above = (least: number): AtThreshold => {
    const given = judged.filter(({ value }) => value >= least);
    return { precision: mean(given.map(({ truth }) => Number(truth))), coverage: given.length / judged.length };
  };
  return {
    questions: asked.length,
    recallAt1: recall(1),
    recallAt5: recall(5),
    recallAt10: recall(10),
    mrrAt10: ranks.length === 0 ? null : mrrAt10(ranks),
    auroc: twoKinds ? auroc(judged) : null,
    ece: twoKinds ? calibrationError(judged) : null,
    brier: twoKinds ? brier(judged) : null,
    coverageAt95: twoKinds ? coverageAt(judged, 0.95) : null,
    atThreshold: twoKinds ? above(threshold) : null,
    atThreshold95: twoKinds ? above(threshold95) : null,
    answerIn4k: answers.length === 0 ? null : mean(answers),
    ...(languages.size > 0 && {
      languages: Object.fromEntries(
        [...languages].map(([language, of]) => [
          language,
          recallAt(
            of.map(({ rank }) => rank),
            5,
          ),
        ]),
      ),
    }),
  };
}

/** The report as text columns for a terminal. */
export function printable({ provider, thresholds, summary, sets }: Report): string {
  const cell = (value: number | null | undefined) => (typeof value === "number" ? value.toFixed(3) : "-").padStart(8);
  const heads = [
    "set",
    "asked",
    "R@1",
    "R@5",
    "R@10",
    "MRR@10",
    "AUROC",
    "ECE",
    "Brier",
    "cov@95",
    "prec@t",
    "cov@t",
    "prec@T",
    "cov@T",
    "in 4k",
  ];
  const lines = Object.entries(sets).map(([name, set]) =>
    [
      name.padEnd(16),
      String(set.questions).padStart(8),
      ...[set.recallAt1, set.recallAt5, set.recallAt10, set.mrrAt10, set.auroc, set.ece, set.brier, set.coverageAt95].map(cell),
      ...[set.atThreshold?.precision, set.atThreshold?.coverage].map(cell),
      ...[set.atThreshold95?.precision, set.atThreshold95?.coverage, set.answerIn4k].map(cell),
    ].join(""),
  );
  const languages = Object.entries(sets.xquad?.languages ?? {}).map(([language, value]) => `${language} ${value.toFixed(3)}`);
  return [
    `provider: ${provider}`,
    heads.map((head, index) => (index === 0 ? head.padEnd(16) : head.padStart(8))).join(""),
    ...lines,
    "",
    `mean of ${retrievalSets.join(", ")}: R@1 ${cell(summary.recallAt1)}  R@5 ${cell(summary.recallAt5)}  R@10 ${cell(summary.recallAt10)}  MRR@10 ${cell(summary.mrrAt10)}`,
    `mtrag R@5 ${cell(summary.mtragRecallAt5)}  xquad R@5 ${cell(summary.xquadRecallAt5)}  (${languages.join(", ")})`,
    `mean of ${confidenceSets.join(", ")}: AUROC ${cell(summary.auroc)}  ECE ${cell(summary.ece)}  Brier ${cell(summary.brier)}  coverage@95% ${cell(summary.coverageAt95)}`,
    ...thresholds.map(
      ({ wanted, threshold, precision, coverage }, index) =>
        `${index === 0 ? "t" : "T"} = ${threshold.toFixed(3)}, fixed for ${wanted * 100} % precision: keeps${cell(precision)}  and answers${cell(coverage)}`,
    ),
    `answer within 4,000 characters of context (squad2): ${cell(summary.answerIn4k)}`,
  ].join("\n");
}
