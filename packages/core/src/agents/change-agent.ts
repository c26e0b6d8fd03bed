/**
 * What every change of an agent stands on: its row held until the commit, and a new version made live.
 *
 * @module
 */
import type { AgentSettings, AgentStatus } from "@axon/contracts/agents";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { type AgentRow, readLive, readSettings, statusOf } from "./view.ts";

/** An agent that nobody else can change before this transaction ends. */
export interface LockedAgent {
  row: AgentRow;
  status: AgentStatus;
  live: AgentSettings;
  /** Null: the same as the live version. */
  draft: AgentSettings | null;
}

/** Refuses with `not_found`. */
export async function lockAgent(ws: WorkspaceCtx, agentId: string): Promise<LockedAgent> {
  // The row first and alone: a join that waits for it would look for the version that was live before.
  const [held] = await ws.tx.select({ id: agent.id }).from(agent).where(eq(agent.id, agentId)).for("update");
  if (!held) throw notFound("agent");
  const row = await readLive(ws, agentId);
  return { row, status: statusOf(row), live: readSettings(row.settings), draft: row.draft === null ? null : readSettings(row.draft) };
}

/**
 * Refuses with `not_found`, and with `invalid_state` an agent that is archived. Nobody archives it before this transaction
 * ends: what is about to send customers to it may rely on that.
 */
export async function requireUsable(ws: WorkspaceCtx, agentId: string): Promise<void> {
  const [held] = await ws.tx.select({ status: agent.status }).from(agent).where(eq(agent.id, agentId)).for("share");
  if (!held) throw notFound("agent");
  const status = held.status ?? statusOf(await readLive(ws, agentId));
  if (status === "archived") throw archived();
}

export function archived(): Refusal {
  return new Refusal("invalid_state", "This agent is archived: give it another status first");
}

interface NewVersion {
  settings: AgentSettings;
  /** What the draft is from now on. One that says the same as `settings` is none. */
  draft: AgentSettings | null;
  status: AgentStatus;
  by: string | null;
  note?: string | null | undefined;
  restoredFrom?: number | null;
}

/** Makes a version and makes it live. */
export async function addVersion(ws: WorkspaceCtx, { row }: LockedAgent, made: NewVersion): Promise<AgentRow> {
  const { settings, by, note = null, restoredFrom = null } = made;
  const version = row.version + 1;
  await ws.tx
    .insert(agentVersion)
    .values({ workspaceId: ws.workspaceId, agentId: row.id, version, settings, createdBy: by, note, restoredFrom });
  const after = await writeAgent(ws, row.id, {
    name: settings.name,
    version,
    status: made.status,
    draft: made.draft === null || sameSettings(made.draft, settings) ? null : made.draft,
  });
  return { ...after, settings };
}

/** Writes to the row of a locked agent. */
export async function writeAgent(
  ws: WorkspaceCtx,
  agentId: string,
  change: Partial<typeof agent.$inferInsert>,
): Promise<Omit<AgentRow, "settings">> {
  const [row] = await ws.tx
    .update(agent)
    .set({ ...change, ...("draft" in change ? { draftUpdatedAt: sql`now()` } : {}), updatedAt: sql`now()` })
    .where(eq(agent.id, agentId))
    .returning({
      id: agent.id,
      version: agent.version,
      status: agent.status,
      draft: agent.draft,
      createdAt: agent.createdAt,
      updatedAt: agent.updatedAt,
    });
  if (!row) throw new Error("an agent vanished while it was locked");
  return row;
}

/** Both have passed the schema, which gives their fields one order. */
export function sameSettings(one: AgentSettings, other: AgentSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The names of the settings that differ. What they say is in the agent's versions. */
export function changedSettings(before: AgentSettings, after: AgentSettings): string[] {
  const old = new Map(Object.entries(before));
  return Object.entries(after).flatMap(([name, value]) => (JSON.stringify(old.get(name)) === JSON.stringify(value) ? [] : [name]));
}
