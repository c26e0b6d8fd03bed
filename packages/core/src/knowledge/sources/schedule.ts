/**
 * When a source is looked at again. Rules on numbers.
 *
 * @module
 */
import { syncFailuresMax } from "@axon/contracts/sources";

const hourMs = 3_600_000;
/** However often it fails, it is tried this often. */
const waitHoursMax = 168;
/** Either way, so that sources that were made together are not looked at together. */
const jitter = 0.1;

/**
 * Milliseconds until the next look; null: nobody looks until somebody asks. After `failures` in a row the wait has doubled as
 * often. `random` is from 0 to 1.
 */
export function nextLookMs(everyHours: number | undefined, failures: number, random: number): number | null {
  if (everyHours === undefined || failures >= syncFailuresMax) return null;
  const hours = failures === 0 ? everyHours : Math.max(everyHours, Math.min(everyHours * 2 ** failures, waitHoursMax));
  return Math.round(hours * hourMs * (1 + jitter * (2 * random - 1)));
}
