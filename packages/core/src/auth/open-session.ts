/**
 * Opening a session, and saying what a session is.
 *
 * @module
 */
import type { Session, SessionEnding } from "@axon/contracts/auth";
import { newId } from "@axon/db/ids";
import { account, refreshToken, session } from "@axon/db/schema/accounts";
import { membership, workspace } from "@axon/db/schema/workspaces";
import type { Tx } from "@axon/db/transaction";
import { and, asc, eq, isNull, ne, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { newSecret, secretHash } from "./secrets.ts";

export const refreshPrefix = "axr_";

interface IssuedRefresh {
  sessionId: string;
  token: string;
  expiresAt: string;
}

/** A new signed-in device with its first refresh token. The transaction is scoped to the account. */
export async function openSession(tx: Tx, deps: AuthDeps, accountId: string, device: Device): Promise<IssuedRefresh> {
  const sessionId = newId();
  const token = newSecret(refreshPrefix);
  const expiresAt = new Date(Date.now() + deps.refreshTtlSeconds * 1000).toISOString();
  await tx
    .insert(session)
    .values({ id: sessionId, accountId, ip: device.ip, userAgent: device.userAgent?.slice(0, 300) ?? null, expiresAt });
  await tx.insert(refreshToken).values({ hash: secretHash(token), sessionId, expiresAt });
  return { sessionId, token, expiresAt };
}

/** The account and what it may enter, read in a transaction scoped to it. Refuses with `unauthorized` when it is gone. */
export async function readIdentity(tx: Tx, accountId: string): Promise<Pick<Session, "user" | "memberships">> {
  const [user] = await tx
    .select({
      id: account.id,
      email: account.email,
      name: account.name,
      createdAt: account.createdAt,
      emailVerified: sql<boolean>`${account.emailVerifiedAt} is not null`,
      totpEnabled: sql<boolean>`${account.totpSince} is not null`,
    })
    .from(account)
    .where(eq(account.id, accountId));
  if (!user) throw new Refusal("unauthorized", "Sign in first");
  const memberships = await tx
    .select({ workspace: { id: workspace.id, name: workspace.name, slug: workspace.slug }, role: membership.role })
    .from(membership)
    .innerJoin(workspace, eq(workspace.id, membership.workspaceId))
    .where(and(eq(membership.accountId, accountId), isNull(workspace.deletedAt)))
    .orderBy(asc(membership.createdAt), asc(workspace.id));
  return { user, memberships };
}

/** Puts the pieces together as the wire wants them. Signing needs no transaction, so it is done outside of one. */
export async function toSession(deps: AuthDeps, issued: IssuedRefresh, identity: Pick<Session, "user" | "memberships">): Promise<Session> {
  const access = await deps.accessTokens.sign({ accountId: identity.user.id, sessionId: issued.sessionId });
  return {
    accessToken: access.token,
    accessExpiresAt: access.expiresAt,
    refreshToken: issued.token,
    refreshExpiresAt: issued.expiresAt,
    ...identity,
  };
}

/** Marks a session as ended; its tokens are dead from the next call on. False when it had ended before. */
export async function revokeSession(tx: Tx, sessionId: string, reason: SessionEnding): Promise<boolean> {
  const ended = await tx
    .update(session)
    .set({ revokedAt: sql`now()`, revokedReason: reason })
    .where(and(eq(session.id, sessionId), isNull(session.revokedAt)))
    .returning({ id: session.id });
  return ended.length === 1;
}

/** Ends every session of the account but the one to spare. */
export async function revokeSessions(tx: Tx, accountId: string, reason: SessionEnding, spare: string | null = null): Promise<void> {
  await tx
    .update(session)
    .set({ revokedAt: sql`now()`, revokedReason: reason })
    .where(and(eq(session.accountId, accountId), isNull(session.revokedAt), spare === null ? undefined : ne(session.id, spare)));
}
