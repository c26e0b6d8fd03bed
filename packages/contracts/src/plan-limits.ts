/**
 * How much a workspace may have of what costs room or work. What a plan allows otherwise is kept with the workspace, under the
 * same names; who sells plans need know nothing else.
 *
 * @module
 */
import { uploadBytesMax } from "./knowledge.ts";

/** What a workspace gets of which nothing else is said. Counts, bytes, and syncs in an hour. */
export const planLimits = {
  sourcesMax: 200,
  documentsMax: 20_000,
  /** Of all files as they were uploaded, documents' and messages'. */
  storageBytesMax: 20 * 1024 ** 3,
  /** Of all documents as they are searched. */
  chunksMax: 1_000_000,
  /** One file; never more than an upload may have at all. */
  uploadBytesMax,
  /** Of one source. */
  crawlPagesMax: 1_000,
  syncsPerHour: 50,
} as const satisfies Record<string, number>;
export type PlanLimitName = keyof typeof planLimits;
export type PlanLimits = Record<PlanLimitName, number>;

/** The limits of a workspace with these overrides. What is not a whole number from 0 on, or no limit of ours, says nothing. */
export function limitsOf(overrides: Readonly<Record<string, unknown>>): PlanLimits {
  const limits: PlanLimits = { ...planLimits };
  for (const name of Object.keys(planLimits) as PlanLimitName[]) {
    // safe: the keys of the literal above
    const value = Object.hasOwn(overrides, name) ? overrides[name] : undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) limits[name] = value;
  }
  limits.uploadBytesMax = Math.min(limits.uploadBytesMax, uploadBytesMax);
  return limits;
}
