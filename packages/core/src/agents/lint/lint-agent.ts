/**
 * What is wrong with an agent's instructions, or with a text that nobody has saved.
 *
 * @module
 */
import type { LintAgentInput, LintWarning } from "@axon/contracts/agents";
import type { WorkspaceCtx } from "../../context.ts";
import { readAgentAt } from "../view.ts";
import { lintInstructions } from "./lint-instructions.ts";

/** Changes nothing. Refuses with `not_found` (the agent, the version). */
export async function lintAgent(ws: WorkspaceCtx, input: LintAgentInput): Promise<{ warnings: LintWarning[] }> {
  const settings = "agentId" in input ? (await readAgentAt(ws, input.agentId, input.version)).settings : input;
  return { warnings: lintInstructions(settings) };
}
