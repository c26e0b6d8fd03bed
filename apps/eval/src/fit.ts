/**
 * Fits the confidence model to what was asked, and says what it would have done on documents it did not see.
 *
 * @module
 */
import { cutAt, type Judged } from "@axon/ai/confidence/measures";
import { type Coefficients, createConfidenceModel, type Features } from "@axon/ai/confidence/model";
import { groupBy } from "./group.ts";
import { fitLogistic } from "./logistic.ts";

export interface FitRow {
  set: string;
  /** Rows of one group share documents or a conversation: they are never on both sides of a split. */
  group: string;
  features: Features;
  truth: boolean;
  /** Made, not found: an answerable question, asked with the documents that answer it left out. Fitted on, never judged. */
  leftOut?: boolean;
}

/** Against the whole weight of the samples, which is their number. */
const ridge = 8;
const folds = 5;
/**
 * The precisions that thresholds are fixed for, and what is added to each: the cut is chosen on values that the model gave
 * to unseen documents, and yet it is chosen, so that on the next documents it keeps a little less.
 */
const precisionsWanted = { threshold: 0.9, threshold95: 0.95 };
const precisionMargin = 0.01;
/**
 * Of the weight of a set's unanswerable questions, what those have that were made by leaving documents out, if there are
 * any. A set has few real ones, and the whole stays what it was, so that the values stay calibrated.
 */
const leftOutShare = 0.7;

export interface Fitted {
  coefficients: Coefficients;
  /** Each row's value by a model that did not see its group, in the order of the rows. */
  unseen: number[];
  /** The same by a model that saw nothing of the whole set: other documents, asked by other people. */
  unseenSet: number[];
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
  const without = (foldOf: (row: FitRow) => string | number) => {
    const values = new Array<number>(rows.length).fill(0);
    for (const [fold, indexes] of groupBy(rows.keys(), (index) => foldOf(rowAt(rows, index)))) {
      const rest = weights.map((weight, index) => (foldOf(rowAt(rows, index)) === fold ? 0 : weight));
      const model = createConfidenceModel(fitRows(id, rows, names, rest));
      for (const index of indexes) values[index] = model.score(rowAt(rows, index).features);
    }
    return values;
  };
  const unseen = without(({ group }) => hash(group) % folds);
  const unseenSet = without(({ group }) => group.split(":")[0] ?? "");
  const found = rows.flatMap((row, index) => (judged.includes(row.set) && !row.leftOut ? [{ ...row, value: unseen[index] ?? 0 }] : []));
  const foundWeights = weightsOf(found, shares);
  const forThreshold: Judged[] = found.map(({ value, truth }, index) => ({ value, truth, weight: foundWeights[index] ?? 0 }));
  const cut = (precision: number) => round(cutAt(forThreshold, precision + precisionMargin).value);
  const thresholds = { threshold: cut(precisionsWanted.threshold), threshold95: cut(precisionsWanted.threshold95) };
  return { coefficients: { ...fitRows(id, rows, names, weights), ...thresholds }, unseen, unseenSet };
}

function rowAt(rows: readonly FitRow[], index: number): FitRow {
  const row = rows[index];
  if (!row) throw new Error("a row of the fit is gone");
  return row;
}

function weightsOf(rows: readonly FitRow[], shares: Readonly<Record<string, number>>): number[] {
  const raw = new Array<number>(rows.length).fill(0);
  for (const [set, indexes] of groupBy(rows.keys(), (index) => rows[index]?.set ?? "")) {
    const count = (wanted: (row: FitRow) => boolean) => indexes.filter((index) => rows[index] && wanted(rows[index])).length;
    const found = count(({ leftOut }) => !leftOut);
    const made = indexes.length - found;
    const unanswerable = count(({ truth, leftOut }) => !truth && !leftOut);
    const each = (shares[set] ?? 1) / found;
    for (const index of indexes) {
      const row = rows[index];
      if (row?.leftOut) raw[index] = (each * unanswerable * leftOutShare) / made;
      else raw[index] = row && !row.truth && made > 0 ? each * (1 - leftOutShare) : each;
    }
  }
  const all = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => (weight / all) * rows.length);
}

function fitRows(id: string, rows: readonly FitRow[], names: readonly string[], weights: readonly number[]): Coefficients {
  const used = rows.flatMap((row, index) => ((weights[index] ?? 0) > 0 ? [{ ...row, weight: weights[index] ?? 0 }] : []));
  // What a row does not have is left to the others: it is centred on those that have it, and counts as their average.
  const columns = names.map((name) => {
    const present = used.flatMap(({ features, weight }) => (features[name] === undefined ? [] : [{ value: features[name], weight }]));
    const all = present.reduce((sum, { weight }) => sum + weight, 0) || 1;
    const mean = present.reduce((sum, { value, weight }) => sum + weight * value, 0) / all;
    const variance = present.reduce((sum, { value, weight }) => sum + weight * (value - mean) ** 2, 0) / all;
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
    threshold95: 0.5,
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
