/**
 * A new channel: a place on the web where visitors find an agent.
 *
 * @module
 */
import { type CreateChannelInput, type CreatedChannel, channelsMax } from "@axon/contracts/channels";
import { newId } from "@axon/db/ids";
import { channel } from "@axon/db/schema/conversations";
import { workspace } from "@axon/db/schema/workspaces";
import { and, eq, isNull, ne } from "drizzle-orm";
import { requireUsable } from "../agents/index.ts";
import { newSecret } from "../auth/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import type { Sealer } from "../sealing.ts";
import { giveIdentitySecret } from "./identity.ts";
import { refuseThreads, toChannel } from "./view.ts";

const publicKeyPrefix = "axw_";

/**
 * Makes a channel that the agent answers on. `identitySecret` is given here and never again: a second call with the same
 * idempotency key gives the channel without it. Refuses with `not_found` (the agent), with `invalid_state` when it is archived, with `plan_limit`
 * beyond 50 channels, and with `validation` when `threads` is set.
 */
export async function createChannel(ws: WorkspaceCtx, sealer: Sealer, input: CreateChannelInput): Promise<CreatedChannel> {
  refuseThreads(input.settings);
  let identitySecret: string | null = null; // Never part of what is kept under the key.
  const made = await once(ws, { procedure: "channels.create", input }, async () => {
    await requireUsable(ws, input.agentId);
    await requireRoom(ws);
    const id = newId();
    const [row] = await ws.tx
      .insert(channel)
      .values({
        workspaceId: ws.workspaceId,
        id,
        kind: input.kind,
        name: input.name,
        agentId: input.agentId,
        publicKey: newSecret(publicKeyPrefix),
        settings: input.settings,
      })
      .returning();
    if (!row) throw new Error("a channel was not inserted");
    identitySecret = await giveIdentitySecret(ws, sealer, id);
    const { publicKey: _, createdAt: __, ...after } = toChannel(row);
    ws.audit({ action: "channel.created", target: { kind: "channel", id }, after });
    return toChannel(row);
  });
  return { ...made, identitySecret };
}

/** The workspace's row is held, so that two at once do not both see the last free place. */
async function requireRoom(ws: WorkspaceCtx): Promise<void> {
  await ws.tx.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, ws.workspaceId)).for("no key update");
  const used = await ws.tx.$count(channel, and(isNull(channel.deletedAt), ne(channel.kind, "api")));
  if (used >= channelsMax) throw new Refusal("plan_limit", `A workspace has at most ${channelsMax} channels`, { limit: channelsMax, used });
}
