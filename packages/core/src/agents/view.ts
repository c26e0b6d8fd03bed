/**
 * How an agent looks to callers, and how its settings are read.
 *
 * @module
 */
import type { Agent, AgentSettings } from "@axon/contracts/agents";
import { agentSettings } from "@axon/contracts/agents";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";

/** What the agent domain needs to know of the provider in force: where its confidence is right nine times in ten. */
export interface AgentDefaults {
  confidenceThreshold: number;
}

interface AgentRow {
  id: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  settings: unknown;
}

export const agentColumns = {
  id: agent.id,
  version: agent.version,
  createdAt: agent.createdAt,
  updatedAt: agent.updatedAt,
  settings: agentVersion.settings,
};

/** The join that finds an agent's version in force. */
export const liveVersion = and(eq(agentVersion.agentId, agent.id), eq(agentVersion.version, agent.version));

export function toAgent(row: AgentRow, defaults: AgentDefaults): Agent {
  const settings = readSettings(row.settings);
  return {
    ...settings,
    confidenceThreshold: settings.confidenceThreshold ?? defaults.confidenceThreshold,
    id: row.id,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** Stored settings pass the schema again, so that a setting added since then has its default. */
export function readSettings(stored: unknown): AgentSettings {
  return agentSettings.parse(stored);
}

/** The agent's settings in force and their version. Refuses with `not_found`. */
export async function readAgent(ws: WorkspaceCtx, agentId: string): Promise<{ id: string; version: number; settings: AgentSettings }> {
  const [row] = await ws.tx.select(agentColumns).from(agent).innerJoin(agentVersion, liveVersion).where(eq(agent.id, agentId));
  if (!row) throw notFound("agent");
  return { id: row.id, version: row.version, settings: readSettings(row.settings) };
}
