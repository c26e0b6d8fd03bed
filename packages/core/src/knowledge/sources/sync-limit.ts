/**
 * How often a workspace may look at its sources.
 *
 * @module
 */
import type { RateLimit } from "@axon/contracts/limits";
import type { PlanLimits } from "@axon/contracts/plan-limits";

/** Counted for each workspace when a sync begins. */
export function syncLimit({ syncsPerHour }: Pick<PlanLimits, "syncsPerHour">): RateLimit {
  return { name: "syncs", points: syncsPerHour, seconds: 3600 };
}
