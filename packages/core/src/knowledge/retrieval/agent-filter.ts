/**
 * What an agent may answer from: customers hear what it reads.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import type { RetrieveFilter } from "./input.ts";

/** Public texts only, unless the agent was set to read internal ones too. */
export function agentFilter({
  internal,
  locale,
  labels,
}: Pick<AgentSettings["retrieval"], "internal" | "locale" | "labels">): RetrieveFilter {
  return { audience: internal ? "all" : "public", locale, labels };
}
