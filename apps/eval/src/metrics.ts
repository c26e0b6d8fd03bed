/**
 * The numbers: how well passages are ranked and how well confidence tells answerable from not. Pure.
 *
 * @module
 */
import { groupBy } from "./group.ts";

/** Share of questions whose gold passage is among the first `k`. Ranks count from 1. */
export function recallAt(ranks: readonly (number | null)[], k: number): number {
  return mean(ranks.map((rank) => (rank !== null && rank <= k ? 1 : 0)));
}

/** Mean of 1/rank, 0 beyond ten. */
export function mrrAt10(ranks: readonly (number | null)[]): number {
  return mean(ranks.map((rank) => (rank !== null && rank <= 10 ? 1 / rank : 0)));
}

/** A probability and what came true. `weight` 1 unless said. */
export interface Judged {
  value: number;
  truth: boolean;
  weight?: number;
}

/** The chance that a true one is above a false one; ties count half. NaN when there is only one kind. */
export function auroc(judged: readonly Judged[]): number {
  const sorted = judged.toSorted((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.value === sorted[start]?.value) end += 1;
    const rank = (start + 1 + end) / 2;
    for (let index = start; index < end; index += 1) if (sorted[index]?.truth) rankSum += rank;
    start = end;
  }
  const positives = judged.filter(({ truth }) => truth).length;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (judged.length - positives));
}

const calibrationBins = 10;

/** Expected calibration error over ten equal bins: how far the promised share is from the true one. */
export function calibrationError(judged: readonly Judged[]): number {
  const bins = groupBy(judged, ({ value }) => Math.min(calibrationBins - 1, Math.floor(value * calibrationBins)));
  let sum = 0;
  for (const bin of bins.values())
    sum += Math.abs(mean(bin.map(({ value }) => value)) - mean(bin.map(({ truth }) => Number(truth)))) * bin.length;
  return judged.length === 0 ? 0 : sum / judged.length;
}

export function brier(judged: readonly Judged[]): number {
  return mean(judged.map(({ value, truth }) => (value - Number(truth)) ** 2));
}

/** The largest share of all questions that can be answered, surest first, with at least this precision. */
export function coverageAt(judged: readonly Judged[], precision: number): number {
  return cutAt(judged, precision).coverage;
}

/** The lowest value from which on at least `precision` came true, and the share of (weighted) questions above it. */
export function cutAt(judged: readonly Judged[], precision: number): { value: number; coverage: number } {
  const sorted = judged.toSorted((a, b) => b.value - a.value);
  const all = sorted.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let seen = 0;
  let right = 0;
  let best = { value: 1, coverage: 0 };
  for (const { value, truth, weight = 1 } of sorted) {
    seen += weight;
    if (truth) right += weight;
    if (right / seen >= precision) best = { value, coverage: seen / all };
  }
  return best;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
