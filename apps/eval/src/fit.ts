/**
 * Fits the confidence model to what was asked, and says what it would have done on documents it did not see.
 *
 * @module
 */
import { type Coefficients, createConfidenceModel, type Features } from "@axon/ai/confidence/model";
import { fitLogistic } from "./logistic.ts";
import { cutAt, type Judged } from "./metrics.ts";

export interface FitRow {
  set: string;
  /** Rows of one group share documents or a conversation: they are never on both sides of a split. */
  group: string;
  features: Features;
  truth: boolean;
}

/** Against the whole weight of the samples, which is their number. */
const ridge = 8;
const folds = 5;
const precisionWanted = 0.9;

export interface Fitted {
  coefficients: Coefficients;
  /** Each row's value by a model that did not see its group, in the order of the rows. */
  unseen: number[];
}

/**
 * Every set counts the same, however many questions it has; `shares` says how much if not 1. `judged` are the sets whose
 * rows fix the threshold.
 */
export function fit(
  id: string,
  rows: readonly FitRow[],
  names: readonly string[],
  shares: Readonly<Record<string, number>>,
  judged: readonly string[],
): Fitted {
  const weights = weightsOf(rows, shares);
  const unseen = new Array<number>(rows.length).fill(0);
  for (let fold = 0; fold < folds; fold += 1) {
    const inFold = rows.map(({ group }) => hash(group) % folds === fold);
    const model = createConfidenceModel(
      fitRows(
        id,
        rows,
        names,
        weights.map((weight, index) => (inFold[index] ? 0 : weight)),
      ),
    );
    rows.forEach(({ features }, index) => {
      if (inFold[index]) unseen[index] = model.score(features);
    });
  }
  const forThreshold: Judged[] = rows.flatMap(({ set, truth }, index) =>
    judged.includes(set) ? [{ value: unseen[index] ?? 0, truth, weight: weights[index] ?? 0 }] : [],
  );
  const coefficients = fitRows(id, rows, names, weights);
  return { coefficients: { ...coefficients, threshold: round(cutAt(forThreshold, precisionWanted).value) }, unseen };
}

function weightsOf(rows: readonly FitRow[], shares: Readonly<Record<string, number>>): number[] {
  const counts = new Map<string, number>();
  for (const { set } of rows) counts.set(set, (counts.get(set) ?? 0) + 1);
  const raw = rows.map(({ set }) => (shares[set] ?? 1) / (counts.get(set) ?? 1));
  const all = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => (weight / all) * rows.length);
}

function fitRows(id: string, rows: readonly FitRow[], names: readonly string[], weights: readonly number[]): Coefficients {
  const used = rows.flatMap((row, index) => ((weights[index] ?? 0) > 0 ? [{ ...row, weight: weights[index] ?? 0 }] : []));
  const all = used.reduce((sum, { weight }) => sum + weight, 0);
  const columns = names.map((name) => {
    const mean = used.reduce((sum, { features, weight }) => sum + weight * (features[name] ?? 0), 0) / all;
    const variance = used.reduce((sum, { features, weight }) => sum + weight * ((features[name] ?? 0) - mean) ** 2, 0) / all;
    return { name, mean, scale: Math.sqrt(variance) || 1 };
  });
  const samples = used.map(({ features, truth, weight }) => ({
    inputs: columns.map(({ name, mean, scale }) => Math.max(-4, Math.min(4, ((features[name] ?? mean) - mean) / scale))),
    truth,
    weight,
  }));
  const fitted = fitLogistic(samples, ridge);
  return {
    id,
    threshold: 0.5,
    intercept: round(fitted.at(-1) ?? 0),
    features: Object.fromEntries(
      columns.map(({ name, mean, scale }, index) => [name, { mean: round(mean), scale: round(scale), weight: round(fitted[index] ?? 0) }]),
    ),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}

function hash(text: string): number {
  let value = 5381;
  for (let index = 0; index < text.length; index += 1) value = (Math.imul(value, 33) ^ text.charCodeAt(index)) >>> 0;
  return value;
}
