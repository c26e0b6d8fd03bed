/**
 * Changing an agent's draft, and its status. Customers notice nothing of the one until it is published, and of the other at once.
 *
 * @module
 */
import type { AgentSettings, ChangedAgent, UpdateAgentInput } from "@axon/contracts/agents";
import { agentSettings } from "@axon/contracts/agents";
import type { WorkspaceCtx } from "../context.ts";
import { changedSettings, type LockedAgent, lockAgent, sameSettings, writeAgent } from "./change-agent.ts";
import { checkSources } from "./create-agent.ts";
import { lintInstructions } from "./lint/lint-instructions.ts";
import { setStatus } from "./set-status.ts";
import { type AgentDefaults, type AgentRow, toAgent } from "./view.ts";

/**
 * Changes what is given of the draft and leaves the rest; a draft that says the same as the live version is none. Gives the
 * agent with warnings about the draft's instructions. Refuses with `not_found` (the agent, a source), and with
 * `invalid_state` to archive an agent that channels send their customers to.
 */
export async function updateAgent(ws: WorkspaceCtx, input: UpdateAgentInput, defaults: AgentDefaults): Promise<ChangedAgent> {
  const locked = await lockAgent(ws, input.agentId);
  const { status, ...change } = input;
  const draft = merge(locked.draft ?? locked.live, change);
  // Only those that are named now: a source that was deleted since must not stand in the way of every other change.
  if (change.retrieval?.sources !== undefined) await checkSources(ws, change.retrieval.sources);
  let row = locked.row;
  if (!sameSettings(draft, locked.draft ?? locked.live)) row = await writeDraft(ws, locked, draft);
  if (status !== undefined && status !== locked.status) row = await setStatus(ws, { ...locked, row }, status);
  return { ...toAgent(row, defaults), warnings: lintInstructions(draft) };
}

async function writeDraft(ws: WorkspaceCtx, { row, live, draft: before }: LockedAgent, draft: AgentSettings): Promise<AgentRow> {
  ws.audit({
    action: "agent.updated",
    target: { kind: "agent", id: row.id },
    before: { name: live.name, version: row.version },
    after: { name: draft.name, changed: changedSettings(before ?? live, draft) },
  });
  const after = await writeAgent(ws, row.id, { draft: sameSettings(draft, live) ? null : draft });
  return { ...after, settings: row.settings };
}

function merge(before: AgentSettings, change: Omit<UpdateAgentInput, "status">): AgentSettings {
  const { agentId: _, handoff, retrieval, ...flat } = change;
  return agentSettings.parse({
    ...before,
    ...given(flat),
    handoff: { ...before.handoff, ...given(handoff ?? {}) },
    retrieval: { ...before.retrieval, ...given(retrieval ?? {}) },
  });
}

/** Without the fields that were left out; an explicit null stays. */
function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
