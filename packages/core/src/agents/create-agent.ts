/**
 * A new agent.
 *
 * @module
 */
import type { Agent, AgentSettings, AgentStatus } from "@axon/contracts/agents";
import { newId } from "@axon/db/ids";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import { type AgentDefaults, toAgent } from "./view.ts";

export type NewAgent = AgentSettings & { status?: AgentStatus | undefined; idempotencyKey?: string | undefined };

/** Makes an agent whose first version is live. Refuses with `not_found` when it names a source that is not there. */
export async function createAgent(ws: WorkspaceCtx, input: NewAgent, by: string | null, defaults: AgentDefaults): Promise<Agent> {
  return once(ws, { procedure: "agents.create", input }, async () => {
    const { idempotencyKey: _, status = "live", ...settings } = input;
    await checkSources(ws, settings.retrieval.sources);
    const made = await insertAgent(ws, { settings, draft: null, status, by });
    ws.audit({ action: "agent.created", target: { kind: "agent", id: made.id }, after: { name: settings.name, version: 1, status } });
    return toAgent(made, defaults);
  });
}

interface FirstVersion {
  settings: AgentSettings;
  draft: AgentSettings | null;
  status: AgentStatus;
  by: string | null;
  note?: string;
}

/** The rows of a new agent, with its first version. */
export async function insertAgent(ws: WorkspaceCtx, { settings, draft, status, by, note }: FirstVersion) {
  const id = newId();
  const [row] = await ws.tx
    .insert(agent)
    .values({ workspaceId: ws.workspaceId, id, name: settings.name, version: 1, status, draft })
    .returning({
      id: agent.id,
      version: agent.version,
      status: agent.status,
      draft: agent.draft,
      createdAt: agent.createdAt,
      updatedAt: agent.updatedAt,
    });
  if (!row) throw new Error("an agent was not inserted");
  await ws.tx
    .insert(agentVersion)
    .values({ workspaceId: ws.workspaceId, agentId: id, version: 1, settings, createdBy: by, note: note ?? null });
  return { ...row, settings };
}

/** Refuses with `not_found` unless every one of them is a source of this workspace. */
export async function checkSources(ws: WorkspaceCtx, sourceIds: readonly string[]): Promise<void> {
  const wanted = [...new Set(sourceIds)];
  if (wanted.length === 0) return;
  const found = await ws.tx.select({ id: knowledgeSource.id }).from(knowledgeSource).where(inArray(knowledgeSource.id, wanted));
  if (found.length !== wanted.length) throw notFound("knowledge source");
}
