/**
 * Who a visitor is, by the word of the business: its server signs the id of its user with the channel's identity secret.
 *
 * The secret is shown once and kept sealed; with it goes a version, which ends every identity that an earlier one has shown.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { channel } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import { newSecret } from "../auth/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import type { Sealer } from "../sealing.ts";
import { openSecret, removeSecret, setSecret } from "../workspaces/index.ts";
import { lockChannel } from "./view.ts";

export interface SignedIdentity {
  userId: string;
  /** Hex HMAC-SHA256 of `userId`, as UTF-8, under the identity secret. */
  hmac: string;
}

const secretPrefix = "axi_";

/** Gives the channel a new identity secret, which is shown here and never again; identities shown with the old one end. Refuses with `not_found`. */
export async function rotateIdentitySecret(ws: WorkspaceCtx, sealer: Sealer, channelId: string): Promise<{ identitySecret: string }> {
  await lockChannel(ws, channelId);
  const identitySecret = await giveIdentitySecret(ws, sealer, channelId);
  ws.audit({ action: "channel.identity_secret_rotated", target: { kind: "channel", id: channelId } });
  return { identitySecret };
}

export async function giveIdentitySecret(ws: WorkspaceCtx, sealer: Sealer, channelId: string): Promise<string> {
  const value = newSecret(secretPrefix);
  await setSecret(ws, sealer, { name: nameOf(channelId), value });
  await ws.tx
    .update(channel)
    .set({ identityVersion: sql`${channel.identityVersion} + 1` })
    .where(eq(channel.id, channelId));
  return value;
}

export async function dropIdentitySecret(ws: WorkspaceCtx, sealer: Sealer, channelId: string): Promise<void> {
  if ((await openSecret(ws, sealer, nameOf(channelId))) !== null) await removeSecret(ws, nameOf(channelId));
}

/** Refuses with `identity_invalid` what this channel's secret has not signed. */
export async function requireSigned(ws: WorkspaceCtx, sealer: Sealer, channelId: string, { userId, hmac }: SignedIdentity): Promise<void> {
  const secret = await openSecret(ws, sealer, nameOf(channelId));
  if (secret === null || !isSignature(secret, userId, hmac))
    throw new Refusal("identity_invalid", "The signature of this identity is not right", { fields: { "identity.hmac": "is not right" } });
}

/** Takes the same time wherever the two differ. */
function isSignature(secret: string, userId: string, hmac: string): boolean {
  const right = createHmac("sha256", secret).update(userId, "utf8").digest();
  const given = /^[0-9a-f]{64}$/i.test(hmac) ? Buffer.from(hmac, "hex") : Buffer.alloc(right.length);
  return timingSafeEqual(right, given);
}

function nameOf(channelId: string): string {
  return `channel.${channelId}.identity`;
}
