/**
 * Which sources an agent answers from, one at a time and at once: a new version of the live settings, and the same in the draft.
 *
 * @module
 */
import { type Agent, type AgentSettings, agentSourcesMax } from "@axon/contracts/agents";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { addVersion, archived, type LockedAgent, lockAgent, sameSettings, writeAgent } from "./change-agent.ts";
import { checkSources } from "./create-agent.ts";
import { type AgentDefaults, type AgentRow, toAgent } from "./view.ts";

export interface Attachment {
  agentId: string;
  sourceId: string;
}

export interface Detachment extends Attachment {
  /** Yes, the agent may answer from the whole workspace when this was its last source. */
  all: boolean;
}

/**
 * Has the agent answer from this source. One that answered from all of the workspace answers from this one alone then. A source
 * that is attached already changes nothing. Refuses with `not_found` (the agent, the source), with `plan_limit` beyond 100
 * sources, and with `invalid_state` when the agent is archived.
 */
export async function attachKnowledge(ws: WorkspaceCtx, input: Attachment, by: string | null, defaults: AgentDefaults): Promise<Agent> {
  const locked = await lockAgent(ws, input.agentId);
  await checkSources(ws, [input.sourceId]);
  const attached = (settings: AgentSettings) => {
    const { sources } = settings.retrieval;
    if (sources.includes(input.sourceId)) return settings;
    if (sources.length >= agentSourcesMax)
      throw new Refusal("plan_limit", `An agent answers from at most ${agentSourcesMax} sources`, { limit: agentSourcesMax });
    return withSources(settings, [...sources, input.sourceId]);
  };
  return toAgent(await changeAtOnce(ws, locked, { change: attached, by, action: "attached", sourceId: input.sourceId }), defaults);
}

/**
 * Has the agent answer without this source. One that is not attached changes nothing. Refuses with `not_found` (the agent), with
 * `invalid_state` when it is the last one and `all` is not said, since an agent without sources answers from every source there
 * is, and when the agent is archived.
 */
export async function detachKnowledge(ws: WorkspaceCtx, input: Detachment, by: string | null, defaults: AgentDefaults): Promise<Agent> {
  const locked = await lockAgent(ws, input.agentId);
  const detached = (settings: AgentSettings) => {
    const { sources } = settings.retrieval;
    const left = sources.filter((id) => id !== input.sourceId);
    if (left.length === sources.length) return settings;
    if (left.length === 0 && !input.all)
      throw new Refusal(
        "invalid_state",
        "This is the agent's last source: without it the agent answers from every source of the workspace. Say all: true if it may",
      );
    return withSources(settings, left);
  };
  return toAgent(await changeAtOnce(ws, locked, { change: detached, by, action: "detached", sourceId: input.sourceId }), defaults);
}

interface AtOnce {
  change(settings: AgentSettings): AgentSettings;
  by: string | null;
  action: "attached" | "detached";
  sourceId: string;
}

async function changeAtOnce(ws: WorkspaceCtx, locked: LockedAgent, { change, by, action, sourceId }: AtOnce): Promise<AgentRow> {
  if (locked.status === "archived") throw archived();
  const { row, live, draft: before, status } = locked;
  const settings = change(live);
  const draft = before === null ? null : change(before);
  const inLive = !sameSettings(settings, live);
  const inDraft = before !== null && draft !== null && !sameSettings(draft, before);
  if (!inLive && !inDraft) return row;
  ws.audit({
    action: `agent.knowledge_${action}`,
    target: { kind: "agent", id: row.id },
    before: { version: row.version },
    after: { version: inLive ? row.version + 1 : row.version, sourceId },
  });
  if (!inLive) return { ...(await writeAgent(ws, row.id, { draft })), settings: row.settings };
  return addVersion(ws, locked, { settings, draft, status, by, note: `Knowledge ${action}` });
}

function withSources(settings: AgentSettings, sources: string[]): AgentSettings {
  return { ...settings, retrieval: { ...settings.retrieval, sources } };
}
