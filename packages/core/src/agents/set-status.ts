/**
 * Whether an agent answers anybody: in force with the commit, whatever its version, for replies in the making too.
 *
 * Who settles a reply holds the agent's row shared; who changes the status holds it alone. So either the reply was stored
 * before, or it finds the new status and is not.
 *
 * @module
 */
import type { Agent, AgentStatus } from "@axon/contracts/agents";
import { channel } from "@axon/db/schema/conversations";
import { and, eq, isNull, or, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { type LockedAgent, lockAgent, writeAgent } from "./change-agent.ts";
import { type AgentDefaults, type AgentRow, toAgent } from "./view.ts";

/** Channels that a refusal names. */
const namedMax = 10;

/**
 * Takes an agent out of service; it can be given another status again. An agent that is archived already stays as it is.
 * Refuses with `not_found`, and with `invalid_state` while channels send their customers to it: `details.channels` are those.
 */
export async function archiveAgent(ws: WorkspaceCtx, agentId: string, defaults: AgentDefaults): Promise<Agent> {
  const locked = await lockAgent(ws, agentId);
  return toAgent(locked.status === "archived" ? locked.row : await setStatus(ws, locked, "archived"), defaults);
}

/** Refuses with `invalid_state` to archive an agent that channels use. */
export async function setStatus(ws: WorkspaceCtx, { row, status: before }: LockedAgent, status: AgentStatus): Promise<AgentRow> {
  if (status === "archived") await requireUnused(ws, row.id);
  ws.audit({
    action: status === "archived" ? "agent.archived" : "agent.status_changed",
    target: { kind: "agent", id: row.id },
    before: { status: before },
    after: { status },
  });
  return { ...(await writeAgent(ws, row.id, { status })), settings: row.settings };
}

async function requireUnused(ws: WorkspaceCtx, agentId: string): Promise<void> {
  const routed = sql`${channel.settings} -> 'routes' @> ${JSON.stringify([{ agentId }])}::jsonb`;
  const channels = await ws.tx
    .select({ id: channel.id, name: channel.name })
    .from(channel)
    .where(and(isNull(channel.deletedAt), or(eq(channel.agentId, agentId), routed)))
    .limit(namedMax);
  if (channels.length === 0) return;
  const names = channels.map(({ name }) => name).join(", ");
  throw new Refusal("invalid_state", `Channels send their customers to this agent, give them another first: ${names}`, { channels });
}
