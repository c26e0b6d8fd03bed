/**
 * How well passages are ranked. Pure.
 *
 * @module
 */
/** Share of questions whose gold passage is among the first `k`. Ranks count from 1. */
export function recallAt(ranks: readonly (number | null)[], k: number): number {
  return mean(ranks.map((rank) => (rank !== null && rank <= k ? 1 : 0)));
}

/** Mean of 1/rank, 0 beyond ten. */
export function mrrAt10(ranks: readonly (number | null)[]): number {
  return mean(ranks.map((rank) => (rank !== null && rank <= 10 ? 1 / rank : 0)));
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
