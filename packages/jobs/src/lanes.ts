/**
 * Taking turns on one queue: who has much waiting goes behind who has little. Knows numbers, no tenant and no queue.
 *
 * @module
 */

/** So many of a workspace's jobs are in nobody's way. */
const freeMax = 8;
/** Beyond this all are in the last lane. */
const lanesMax = 16;

/**
 * The lane of a job with `ahead` jobs of its own workspace before it: 0 goes first, then 1, 2, … Each lane holds twice what the
 * one before it does, so ten thousand jobs stand in eleven of them; within a lane, first come is first served.
 */
export function laneOf(ahead: number): number {
  return ahead < freeMax ? 0 : Math.min(lanesMax, 1 + Math.floor(Math.log2(ahead / freeMax)));
}
