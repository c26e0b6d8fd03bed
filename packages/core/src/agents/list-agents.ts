/**
 * Reading agents.
 *
 * @module
 */
import type { Agent } from "@axon/contracts/agents";
import type { Page, PageInput } from "@axon/contracts/common";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { asc, eq, gt } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";
import { type AgentDefaults, agentColumns, liveVersion, toAgent } from "./view.ts";

/** Oldest first. */
export async function listAgents(ws: WorkspaceCtx, input: PageInput, defaults: AgentDefaults): Promise<Page<Agent>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select(agentColumns)
    .from(agent)
    .innerJoin(agentVersion, liveVersion)
    .where(after ? gt(agent.id, after[0]) : undefined)
    .orderBy(asc(agent.id))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    (row) => toAgent(row, defaults),
    (row) => [row.id],
  );
}

/** One agent with its settings in force. Refuses with `not_found`. */
export async function getAgent(ws: WorkspaceCtx, agentId: string, defaults: AgentDefaults): Promise<Agent> {
  const [row] = await ws.tx.select(agentColumns).from(agent).innerJoin(agentVersion, liveVersion).where(eq(agent.id, agentId));
  if (!row) throw notFound("agent");
  return toAgent(row, defaults);
}
