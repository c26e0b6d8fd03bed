/**
 * Changing an agent: a new version, the old ones stay as they were.
 *
 * @module
 */
import type { Agent, AgentSettings, UpdateAgentInput } from "@axon/contracts/agents";
import { agentSettings } from "@axon/contracts/agents";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { checkSources } from "./create-agent.ts";
import { type AgentDefaults, readAgent, toAgent } from "./view.ts";

/** Changes what is given and leaves the rest. A change that changes nothing makes no version. Refuses with `not_found`. */
export async function updateAgent(ws: WorkspaceCtx, input: UpdateAgentInput, by: string | null, defaults: AgentDefaults): Promise<Agent> {
  const [locked] = await ws.tx
    .select({ id: agent.id, createdAt: agent.createdAt, updatedAt: agent.updatedAt })
    .from(agent)
    .where(eq(agent.id, input.agentId))
    .for("update");
  if (!locked) throw notFound("agent");
  const { version, settings: before } = await readAgent(ws, input.agentId);
  const { agentId: _, handoff, retrieval, ...flat } = input;
  const settings = agentSettings.parse({
    ...before,
    ...given(flat),
    handoff: { ...before.handoff, ...given(handoff ?? {}) },
    retrieval: { ...before.retrieval, ...given(retrieval ?? {}) },
  });
  if (JSON.stringify(settings) === JSON.stringify(before)) return toAgent({ ...locked, version, settings }, defaults);
  // Only those that are named now: a source that was deleted since must not stand in the way of every other change.
  if (retrieval?.sources !== undefined) await checkSources(ws, settings);
  await ws.tx
    .insert(agentVersion)
    .values({ workspaceId: ws.workspaceId, agentId: input.agentId, version: version + 1, settings, createdBy: by });
  const [row] = await ws.tx
    .update(agent)
    .set({ name: settings.name, version: version + 1, updatedAt: sql`now()` })
    .where(eq(agent.id, input.agentId))
    .returning({ id: agent.id, version: agent.version, createdAt: agent.createdAt, updatedAt: agent.updatedAt });
  if (!row) throw new Error("an agent vanished while it was locked");
  ws.audit({
    action: "agent.updated",
    target: { kind: "agent", id: input.agentId },
    before: { name: before.name, version },
    after: { name: settings.name, version: version + 1, changed: changedSettings(before, settings) },
  });
  return toAgent({ ...row, settings }, defaults);
}

/** The names of the settings that differ. What they say is in the agent's versions. */
function changedSettings(before: AgentSettings, after: AgentSettings): string[] {
  const old = new Map(Object.entries(before));
  return Object.entries(after).flatMap(([name, value]) => (JSON.stringify(old.get(name)) === JSON.stringify(value) ? [] : [name]));
}

/** Without the fields that were left out; an explicit null stays. */
function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
