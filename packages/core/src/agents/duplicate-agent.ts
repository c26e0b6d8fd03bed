/**
 * A copy of an agent, to try something on.
 *
 * @module
 */
import type { Agent, AgentSettings, DuplicateAgentInput } from "@axon/contracts/agents";
import type { WorkspaceCtx } from "../context.ts";
import { once } from "../internal/idempotency.ts";
import { insertAgent } from "./create-agent.ts";
import { type AgentDefaults, readLive, readSettings, toAgent } from "./view.ts";

const nameCharsMax = 80;
const suffix = " (copy)";

/**
 * Makes a new agent of the live settings, with the draft as its draft. It answers nobody (status `draft`) until it is
 * published. Refuses with `not_found`.
 */
export async function duplicateAgent(
  ws: WorkspaceCtx,
  input: DuplicateAgentInput,
  by: string | null,
  defaults: AgentDefaults,
): Promise<Agent> {
  return once(ws, { procedure: "agents.duplicate", input }, async () => {
    const original = await readLive(ws, input.agentId);
    const rename = (settings: AgentSettings) => ({ ...settings, name: input.name ?? copyOf(settings.name) });
    const settings = rename(readSettings(original.settings));
    const draft = original.draft === null ? null : rename(readSettings(original.draft));
    const made = await insertAgent(ws, { settings, draft, status: "draft", by });
    ws.audit({
      action: "agent.duplicated",
      target: { kind: "agent", id: made.id },
      after: { name: settings.name, of: original.id, version: original.version },
    });
    return toAgent(made, defaults);
  });
}

function copyOf(name: string): string {
  return `${name.slice(0, nameCharsMax - suffix.length).trimEnd()}${suffix}`;
}
