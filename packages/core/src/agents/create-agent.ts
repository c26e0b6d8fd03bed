/**
 * A new agent.
 *
 * @module
 */
import type { Agent, AgentSettings, CreateAgentInput } from "@axon/contracts/agents";
import { newId } from "@axon/db/ids";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import { type AgentDefaults, toAgent } from "./view.ts";

/** Makes an agent with its first version. Refuses with `not_found` when it names a source that is not there. */
export async function createAgent(ws: WorkspaceCtx, input: CreateAgentInput, by: string | null, defaults: AgentDefaults): Promise<Agent> {
  return once(ws, { procedure: "agents.create", input }, async () => {
    const { idempotencyKey: _, ...settings } = input;
    await checkSources(ws, settings);
    const id = newId();
    const [row] = await ws.tx
      .insert(agent)
      .values({ workspaceId: ws.workspaceId, id, name: settings.name, version: 1 })
      .returning({ id: agent.id, version: agent.version, createdAt: agent.createdAt, updatedAt: agent.updatedAt });
    if (!row) throw new Error("an agent was not inserted");
    await ws.tx.insert(agentVersion).values({ workspaceId: ws.workspaceId, agentId: id, version: 1, settings, createdBy: by });
    ws.audit({ action: "agent.created", target: { kind: "agent", id }, after: { name: settings.name, version: 1 } });
    return toAgent({ ...row, settings }, defaults);
  });
}

/** Every source that the settings name is one of this workspace. */
export async function checkSources(ws: WorkspaceCtx, settings: AgentSettings): Promise<void> {
  const wanted = [...new Set(settings.retrieval.sources)];
  if (wanted.length === 0) return;
  const found = await ws.tx.select({ id: knowledgeSource.id }).from(knowledgeSource).where(inArray(knowledgeSource.id, wanted));
  if (found.length !== wanted.length) throw notFound("knowledge source");
}
