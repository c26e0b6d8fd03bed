/**
 * How an agent looks to callers, and how its settings are read.
 *
 * @module
 */
import type { Agent, AgentSettings, AgentStatus, WhichVersion } from "@axon/contracts/agents";
import { agentSettings, agentStatuses } from "@axon/contracts/agents";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { and, eq } from "drizzle-orm";
import { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";

/** What the agent domain needs to know of the provider in force: where its confidence is right nine times in ten. */
export interface AgentDefaults {
  confidenceThreshold: number;
}

/** An agent as its tables have it: `settings` are the live version's, `status` and `draft` may be null. */
export interface AgentRow {
  id: string;
  version: number;
  status: AgentStatus | null;
  draft: unknown;
  createdAt: string;
  updatedAt: string;
  settings: unknown;
}

export const agentColumns = {
  id: agent.id,
  version: agent.version,
  status: agent.status,
  draft: agent.draft,
  createdAt: agent.createdAt,
  updatedAt: agent.updatedAt,
  settings: agentVersion.settings,
};

/** The join that finds an agent's version in force. */
export const liveVersion = and(eq(agentVersion.agentId, agent.id), eq(agentVersion.version, agent.version));

export function toAgent(row: AgentRow, defaults: AgentDefaults): Agent {
  const settings = readSettings(row.settings);
  const draft = row.draft === null ? null : readSettings(row.draft);
  return {
    ...settings,
    confidenceThreshold: settings.confidenceThreshold ?? defaults.confidenceThreshold,
    id: row.id,
    version: row.version,
    status: statusOf(row),
    hasDraft: draft !== null,
    draft,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** Versions of before had the status among them. */
const storedSettings = agentSettings.extend({ status: z.enum(agentStatuses).optional() });

/** Stored settings pass the schema again, so that a setting added since then has its default. */
export function readSettings(stored: unknown): AgentSettings {
  const { status: _, ...settings } = storedSettings.parse(stored);
  return settings;
}

/** Whether the agent answers anybody. One that was made before the status had a place of its own has it in its version. */
export function statusOf(row: Pick<AgentRow, "status" | "settings">): AgentStatus {
  return row.status ?? storedSettings.parse(row.settings).status ?? "live";
}

/** An agent as those need it who speak for it. */
export interface ReadAgent {
  id: string;
  /** 0 is the draft. */
  version: number;
  settings: AgentSettings;
  status: AgentStatus;
}

/** The agent's settings in force and their version. Refuses with `not_found`. */
export async function readAgent(ws: WorkspaceCtx, agentId: string): Promise<ReadAgent> {
  const row = await readLive(ws, agentId);
  return { id: row.id, version: row.version, settings: readSettings(row.settings), status: statusOf(row) };
}

/**
 * The agent with the settings of another version; `draft` is what publishing would make live, with version 0.
 * Refuses with `not_found` (the agent, the version).
 */
export async function readAgentAt(ws: WorkspaceCtx, agentId: string, version: WhichVersion): Promise<ReadAgent> {
  const row = await readLive(ws, agentId);
  const status = statusOf(row);
  if (version === "draft") return { id: row.id, version: 0, settings: readSettings(row.draft ?? row.settings), status };
  return { id: row.id, version, settings: readSettings((await readVersion(ws, agentId, version)).settings), status };
}

/** One version as it is stored. Refuses with `not_found`. */
export async function readVersion(ws: WorkspaceCtx, agentId: string, version: number): Promise<typeof agentVersion.$inferSelect> {
  const [row] = await ws.tx
    .select()
    .from(agentVersion)
    .where(and(eq(agentVersion.agentId, agentId), eq(agentVersion.version, version)));
  if (!row) throw notFound("version of this agent");
  return row;
}

/** Refuses with `not_found`. */
export async function readLive(ws: WorkspaceCtx, agentId: string): Promise<AgentRow> {
  const [row] = await ws.tx.select(agentColumns).from(agent).innerJoin(agentVersion, liveVersion).where(eq(agent.id, agentId));
  if (!row) throw notFound("agent");
  return row;
}
