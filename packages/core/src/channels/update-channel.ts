/**
 * Changing a channel, and taking it down.
 *
 * @module
 */
import type { Channel, UpdateChannelInput } from "@axon/contracts/channels";
import { channel } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import { requireUsable } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import type { Sealer } from "../sealing.ts";
import { dropIdentitySecret } from "./identity.ts";
import { apiChannelStays, type ChannelRow, lockAnyChannel, lockChannel, refuseThreads, toChannel } from "./view.ts";

/**
 * Changes what is given. A new agent, and new routes, count for the conversations that begin from now on; `aiPaused` stops
 * every reply that is not stored yet. Refuses with `not_found` (the channel, an agent), with `invalid_state` an agent that is
 * archived, and whatever else of the `api` channel than its pause, its hours and how its conversations live; with `validation`
 * `threads` on a web channel.
 */
export async function updateChannel(ws: WorkspaceCtx, input: UpdateChannelInput): Promise<Channel> {
  const before = await lockAnyChannel(ws, input.channelId);
  const { name, agentId, routes, businessHours, aiPaused, settings } = input;
  if (before.kind === "api" && !isDesk(input)) throw apiChannelStays();
  if (before.kind === "web") refuseThreads(settings);
  const named = new Set([...(agentId === undefined ? [] : [agentId]), ...(routes ?? []).map((route) => route.agentId)]);
  for (const id of [...named].sort()) await requireUsable(ws, id);
  const [after] = await ws.tx
    .update(channel)
    .set({
      name: name ?? before.name,
      agentId: agentId ?? before.agentId,
      aiPaused: aiPaused ?? before.aiPaused,
      settings: {
        ...before.settings,
        ...settings,
        ...(routes === undefined ? {} : { routes }),
        ...(businessHours === undefined ? {} : { businessHours }),
      },
    })
    .where(eq(channel.id, before.id))
    .returning();
  if (!after) throw new Error("a locked channel vanished");
  if (JSON.stringify(told(before)) !== JSON.stringify(told(after)))
    ws.audit({ action: "channel.updated", target: { kind: "channel", id: after.id }, before: told(before), after: told(after) });
  return toChannel(after);
}

/** True when only what the `api` channel has is to be changed, and something is. */
function isDesk({ channelId: _which, aiPaused, businessHours, settings, ...others }: UpdateChannelInput): boolean {
  const { allowedOrigins, requireIdentity, ...talk } = settings ?? {};
  const wanted = [aiPaused, businessHours, ...Object.values(talk)].some((given) => given !== undefined);
  return wanted && [...Object.values(others), allowedOrigins, requireIdentity].every((given) => given === undefined);
}

/**
 * Takes a channel down: its widget opens no more, its visitors are out from their next call on, its identity secret is gone.
 * The conversations stay. Refuses with `not_found`, also the second time, and the `api` channel with `invalid_state`.
 */
export async function deleteChannel(ws: WorkspaceCtx, sealer: Sealer, channelId: string): Promise<void> {
  const before = await lockChannel(ws, channelId);
  await ws.tx.update(channel).set({ deletedAt: sql`now()` }).where(eq(channel.id, channelId));
  await dropIdentitySecret(ws, sealer, channelId);
  ws.audit({ action: "channel.deleted", target: { kind: "channel", id: channelId }, before: told(before) });
}

function told(row: ChannelRow): Record<string, unknown> {
  const { name, agentId, settings, aiPaused, routes, businessHours } = toChannel(row);
  return { name, agentId, settings, aiPaused, routes, businessHours };
}
