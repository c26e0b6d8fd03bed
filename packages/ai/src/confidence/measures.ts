/**
 * How well probabilities did, once it is known what came true. Pure: the evaluation measures a fitted model with it, and
 * `agents.calibration` a workspace's own replies.
 *
 * @module
 */

/** A probability and what came true. `weight` 1 unless said. */
export interface Judged {
  value: number;
  truth: boolean;
  weight?: number;
}

/** The chance that a true one is above a false one; ties count half. NaN when there is only one kind. */
export function auroc(judged: readonly Judged[]): number {
  const sorted = judged.toSorted((a, b) => a.value - b.value);
  let below = 0;
  let pairs = 0;
  let positives = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    let good = 0;
    let bad = 0;
    for (; end < sorted.length && sorted[end]?.value === sorted[start]?.value; end += 1) {
      const { truth, weight = 1 } = sorted[end] ?? { truth: false };
      if (truth) good += weight;
      else bad += weight;
    }
    pairs += good * (below + bad / 2);
    positives += good;
    below += bad;
    start = end;
  }
  return pairs / (positives * below);
}

export const calibrationBins = 10;

/** What fell into one of `calibrationBins` bins of equal width: the lowest promises first. */
export interface Bin {
  count: number;
  weight: number;
  /** Weighted means of what was promised and of what came true; null for an empty bin. */
  promised: number | null;
  kept: number | null;
}

export function reliabilityBins(judged: readonly Judged[]): Bin[] {
  const sums = Array.from({ length: calibrationBins }, () => ({ count: 0, weight: 0, promised: 0, kept: 0 }));
  for (const { value, truth, weight = 1 } of judged) {
    const bin = sums[Math.max(0, Math.min(calibrationBins - 1, Math.floor(value * calibrationBins)))];
    if (!bin) continue;
    bin.count += 1;
    bin.weight += weight;
    bin.promised += weight * value;
    if (truth) bin.kept += weight;
  }
  return sums.map(({ count, weight, promised, kept }) => ({
    ...{ count, weight },
    promised: weight === 0 ? null : promised / weight,
    kept: weight === 0 ? null : kept / weight,
  }));
}

/** Expected calibration error over ten equal bins: how far the promised share is from the true one. */
export function calibrationError(judged: readonly Judged[]): number {
  const bins = reliabilityBins(judged);
  const all = bins.reduce((sum, { weight }) => sum + weight, 0);
  return all === 0 ? 0 : bins.reduce((sum, { weight, promised, kept }) => sum + weight * Math.abs((promised ?? 0) - (kept ?? 0)), 0) / all;
}

/** The mean squared distance of promise and truth. */
export function brier(judged: readonly Judged[]): number {
  let sum = 0;
  let all = 0;
  for (const { value, truth, weight = 1 } of judged) {
    sum += weight * (value - Number(truth)) ** 2;
    all += weight;
  }
  return all === 0 ? 0 : sum / all;
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

/** Where a share that was seen `good` times of `all` truly lies (Wilson); `z` 1.96 is 19 cases of 20. Nothing seen: 0..1. */
export function wilson(good: number, all: number, z: number): { low: number; high: number } {
  if (all === 0) return { low: 0, high: 1 };
  const seen = good / all;
  const centre = seen + z ** 2 / (2 * all);
  const spread = z * Math.sqrt((seen * (1 - seen)) / all + z ** 2 / (4 * all ** 2));
  const scale = 1 + z ** 2 / all;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}
