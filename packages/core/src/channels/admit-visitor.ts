/**
 * Letting visitors in: by the channel's public key at first, by their token from then on.
 *
 * Every call of a visitor asks here, in the transaction of what it does: whoever is no longer welcome is out at once.
 *
 * @module
 */
import type { ChannelSettings } from "@axon/contracts/channels";
import type { Database } from "@axon/db/connect";
import { channel } from "@axon/db/schema/conversations";
import { workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { and, eq, isNull } from "drizzle-orm";
import type { VisitorClaims } from "../auth/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { findStandingContact } from "../internal/standing-contact.ts";

/** A web channel that is open. */
export interface Door {
  channelId: string;
  /** Who answers what no route takes. */
  agentId: string;
  settings: ChannelSettings;
  identityVersion: number;
}

/** Somebody in front of a widget, let in. */
export interface Visitor {
  channelId: string;
  /** Of whom their token names, or who that contact turned out to be. */
  contactId: string;
  /** Who answers if their conversation begins now. */
  agentId: string;
}

/** Which channel a public key opens, in which workspace. Refuses with `not_found`. */
export async function findChannelByKey(
  database: Pick<Database, "auth">,
  publicKey: string,
): Promise<{ workspaceId: string; channelId: string }> {
  const [row] = await withAccount(database, { publicKey }, (tx) =>
    tx
      .select({ workspaceId: channel.workspaceId, channelId: channel.id })
      .from(channel)
      .where(and(eq(channel.publicKey, publicKey), isNull(channel.deletedAt))),
  );
  if (!row) throw notFound("channel");
  return row;
}

/** Refuses with `not_found` when the channel or its workspace is deleted. */
export async function readDoor(ws: WorkspaceCtx, channelId: string): Promise<Door> {
  const [row] = await openDoors(ws, channelId);
  if (row?.agentId == null) throw notFound("channel");
  return { ...row, agentId: row.agentId };
}

/**
 * The visitor whom a token names, at a page of `origin` (null: the caller named none). Refuses with `unauthorized` when the
 * channel, its workspace or the contact is gone, or when the contact has an identity since, or another secret vouches for it;
 * with `identity_required` and `origin_not_allowed` when the channel has become stricter.
 */
export async function admitVisitor(ws: WorkspaceCtx, claims: VisitorClaims, origin: string | null): Promise<Visitor> {
  const [door] = await openDoors(ws, claims.channelId);
  const person = await findStandingContact(ws, claims.contactId);
  if (door?.agentId == null || person === null || !isVouchedFor(claims, door, person))
    throw new Refusal("unauthorized", "This visit has ended, open the widget again");
  if (origin !== null) requireOrigin(door, origin);
  if (claims.identityVersion === null) requireNoIdentityNeeded(door);
  const agentId = agentFor({ agentId: door.agentId, settings: door.settings }, claims.labels ?? []);
  return { channelId: claims.channelId, contactId: person.id, agentId };
}

/** The one agent that answers a conversation with these labels: that of the first route that fits, or the channel's own. */
export function agentFor({ agentId, settings }: Pick<Door, "agentId" | "settings">, labels: readonly string[]): string {
  return settings.routes?.find(({ label }) => labels.includes(label))?.agentId ?? agentId;
}

/**
 * An anonymous token is worth nothing once its contact has a name: whoever had planted it would read on with them. And what
 * a replaced identity secret has vouched for is vouched for by nobody.
 */
export function isVouchedFor(claims: VisitorClaims, door: Pick<Door, "identityVersion">, person: { verifiedAt: string | null }): boolean {
  return claims.identityVersion === null ? person.verifiedAt === null : claims.identityVersion === door.identityVersion;
}

/** Refuses with `origin_not_allowed` a page that the channel's list does not have; an empty list takes any. */
export function requireOrigin({ settings }: Pick<Door, "settings">, origin: string | null): void {
  const { allowedOrigins = [] } = settings;
  if (allowedOrigins.length > 0 && (origin === null || !allowedOrigins.includes(origin)))
    throw new Refusal("origin_not_allowed", "This page may not open this widget");
}

/** Refuses with `identity_required` where nobody is let in without a name. */
export function requireNoIdentityNeeded({ settings }: Pick<Door, "settings">): void {
  if (settings.requireIdentity === true) throw new Refusal("identity_required", "This widget is for signed-in visitors only");
}

function openDoors(ws: WorkspaceCtx, channelId: string) {
  return ws.tx
    .select({
      channelId: channel.id,
      agentId: channel.agentId,
      settings: channel.settings,
      identityVersion: channel.identityVersion,
    })
    .from(channel)
    .innerJoin(workspace, and(eq(workspace.id, channel.workspaceId), isNull(workspace.deletedAt)))
    .where(and(eq(channel.id, channelId), eq(channel.kind, "web"), isNull(channel.deletedAt)));
}
