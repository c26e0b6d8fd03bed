/**
 * How channels look to those who manage them, and how one is found.
 *
 * @module
 */
import type { Channel } from "@axon/contracts/channels";
import { talkRulesOf } from "@axon/contracts/talk-rules";
import { channel } from "@axon/db/schema/conversations";
import { and, eq, isNull } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";

export type ChannelRow = typeof channel.$inferSelect;

export function toChannel(row: ChannelRow): Channel {
  const { allowedOrigins = [], requireIdentity = false, routes = [], businessHours = null } = row.settings;
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    agentId: row.agentId,
    publicKey: row.publicKey,
    settings: { allowedOrigins, requireIdentity, ...talkRulesOf(row.kind, row.settings) },
    aiPaused: row.aiPaused,
    routes,
    businessHours,
    createdAt: row.createdAt,
  };
}

/** Refuses with `not_found`, also what was deleted. */
export async function readChannel(ws: WorkspaceCtx, channelId: string): Promise<ChannelRow> {
  const [row] = await ws.tx
    .select()
    .from(channel)
    .where(and(eq(channel.id, channelId), isNull(channel.deletedAt)));
  if (!row) throw notFound("channel");
  return row;
}

/** The row of a channel, held until this transaction ends. Refuses with `not_found`, also what was deleted. */
export async function lockAnyChannel(ws: WorkspaceCtx, channelId: string): Promise<ChannelRow> {
  const [row] = await ws.tx
    .select()
    .from(channel)
    .where(and(eq(channel.id, channelId), isNull(channel.deletedAt)))
    .for("update");
  if (!row) throw notFound("channel");
  return row;
}

/** The same of a channel that somebody made. Refuses with `not_found`, and the `api` channel with `invalid_state`. */
export async function lockChannel(ws: WorkspaceCtx, channelId: string): Promise<ChannelRow> {
  const row = await lockAnyChannel(ws, channelId);
  if (row.kind === "api") throw apiChannelStays();
  return row;
}

export function apiChannelStays(): Refusal {
  return new Refusal(
    "invalid_state",
    "Of the api channel of a workspace only aiPaused, businessHours and how its conversations live can be changed",
  );
}

/** Refuses with `validation`: on the web, a visitor has one conversation at a time. */
export function refuseThreads(settings: { threads?: unknown } | undefined): void {
  if (settings?.threads === undefined) return;
  const problem = "is for the api channel: on the web a visitor has one conversation at a time";
  throw new Refusal("validation", `settings.threads ${problem}`, { fields: { "settings.threads": problem } });
}
