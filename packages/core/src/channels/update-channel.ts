/**
 * Changing a channel, and taking it down.
 *
 * @module
 */
import type { Channel, UpdateChannelInput } from "@axon/contracts/channels";
import { channel } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import type { Sealer } from "../sealing.ts";
import { dropIdentitySecret } from "./identity.ts";
import { type ChannelRow, lockChannel, toChannel } from "./view.ts";

/**
 * Changes what is given. A new agent answers in the conversations that begin from now on.
 * Refuses with `not_found` (the channel, the agent), and the `api` channel with `invalid_state`.
 */
export async function updateChannel(ws: WorkspaceCtx, input: UpdateChannelInput): Promise<Channel> {
  const before = await lockChannel(ws, input.channelId);
  if (input.agentId !== undefined) await readAgent(ws, input.agentId);
  const [after] = await ws.tx
    .update(channel)
    .set({
      name: input.name ?? before.name,
      agentId: input.agentId ?? before.agentId,
      settings: { ...before.settings, ...input.settings },
    })
    .where(eq(channel.id, before.id))
    .returning();
  if (!after) throw new Error("a locked channel vanished");
  if (JSON.stringify(told(before)) !== JSON.stringify(told(after)))
    ws.audit({ action: "channel.updated", target: { kind: "channel", id: after.id }, before: told(before), after: told(after) });
  return toChannel(after);
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
  const { name, agentId, settings } = toChannel(row);
  return { name, agentId, settings };
}
