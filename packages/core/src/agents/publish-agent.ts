/**
 * Publishing: the draft becomes a version, and customers are answered by it from the commit on.
 *
 * It refuses to know what makes a draft good enough: a gate says that.
 *
 * @module
 */
import type { AgentSettings, ChangedAgent, PublishAgentInput } from "@axon/contracts/agents";
import type { WorkspaceCtx } from "../context.ts";
import { once } from "../internal/idempotency.ts";
import { addVersion, archived, changedSettings, type LockedAgent, lockAgent, writeAgent } from "./change-agent.ts";
import { lintInstructions } from "./lint/lint-instructions.ts";
import { type AgentDefaults, type AgentRow, toAgent } from "./view.ts";

/** What is about to be published, and what is live now. */
export interface PublishCandidate {
  agentId: string;
  settings: AgentSettings;
  live: { version: number; settings: AgentSettings };
  /** Whoever publishes wants it whatever the gate finds. */
  force: boolean;
}

/** Refuses what must not go live. Runs in the transaction of the publishing, with the agent's row held. */
export type PublishGate = (ws: WorkspaceCtx, candidate: PublishCandidate) => Promise<void>;

export interface Publishing {
  /** The account that publishes; null for a key. */
  by: string | null;
  defaults: AgentDefaults;
  gate: PublishGate;
}

/**
 * Makes the draft live, and an agent in status `draft` with it. Without a draft there is nothing to publish and nothing
 * changes, so that a second call is like the first. Gives the agent with warnings about its instructions. Refuses with
 * `not_found`, with `invalid_state` when the agent is archived, and with what the gate refuses with.
 */
export async function publishAgent(ws: WorkspaceCtx, input: PublishAgentInput, publishing: Publishing): Promise<ChangedAgent> {
  return once(ws, { procedure: "agents.publish", input }, async () => {
    const locked = await lockAgent(ws, input.agentId);
    if (locked.status === "archived") throw archived();
    const { row, live, draft, status } = locked;
    const settings = draft ?? live;
    if (draft !== null || status === "draft")
      await publishing.gate(ws, { agentId: row.id, settings, live: { version: row.version, settings: live }, force: input.force });
    return { ...toAgent(await makeLive(ws, locked, input, publishing), publishing.defaults), warnings: lintInstructions(settings) };
  });
}

async function makeLive(ws: WorkspaceCtx, locked: LockedAgent, input: PublishAgentInput, { by }: Publishing): Promise<AgentRow> {
  const { row, live, draft } = locked;
  const status = locked.status === "draft" ? "live" : locked.status;
  if (draft === null && status === locked.status) return row;
  ws.audit({
    action: "agent.published",
    target: { kind: "agent", id: row.id },
    before: { name: live.name, version: row.version, status: locked.status },
    after: {
      name: (draft ?? live).name,
      version: draft === null ? row.version : row.version + 1,
      status,
      changed: draft === null ? [] : changedSettings(live, draft),
      ...(input.force ? { forced: true } : {}),
    },
  });
  if (draft === null) return { ...(await writeAgent(ws, row.id, { status })), settings: row.settings };
  return addVersion(ws, locked, { settings: draft, draft: null, status, by, note: input.note });
}
