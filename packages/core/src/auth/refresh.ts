/**
 * Rotating refresh tokens.
 *
 * A token is spent once. Its successor is derived from it, not drawn, so when twenty tabs redeem the same token at once
 * they all hold the same successor and none is logged out. A spent token that comes back after the grace window was
 * copied by somebody: its whole family ends, other devices stay.
 *
 * @module
 */
import type { Session } from "@axon/contracts/auth";
import { refreshToken, session } from "@axon/db/schema/accounts";
import { type Tx, withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import type { AuthDeps } from "./deps.ts";
import { readIdentity, refreshPrefix, revokeSession, toSession } from "./open-session.ts";
import { secretHash, successorOf } from "./secrets.ts";

/** How long a spent token still gets its successor, in seconds: the time a slow tab or a lost answer needs. */
export const graceSeconds = 30;

type Redeemed = { outcome: "rotated"; sessionId: string; accountId: string } | { outcome: "reused" | "invalid" };

/** Gives a session with the successor of `token`. Refuses with `refresh_invalid`, or `refresh_reused` after ending the family. */
export async function refresh(deps: AuthDeps, token: string): Promise<Session> {
  const successor = successorOf(token, deps.refreshSecret, refreshPrefix);
  const expiresAt = new Date(Date.now() + deps.refreshTtlSeconds * 1000).toISOString();
  const redeemed = await withAccount(deps.database, {}, (tx) => redeem(tx, secretHash(token), secretHash(successor), expiresAt));
  // Refused out here, so that what ended with the family stays ended.
  if (redeemed.outcome === "reused") throw new Refusal("refresh_reused", "This refresh token was used before; the session has been ended");
  if (redeemed.outcome !== "rotated") throw new Refusal("refresh_invalid", "Sign in again");
  const { sessionId, accountId } = redeemed;
  const identity = await withAccount(deps.database, { accountId }, (tx) => readIdentity(tx, accountId));
  return toSession(deps, { sessionId, token: successor, expiresAt }, identity);
}

async function redeem(tx: Tx, hash: string, successorHash: string, expiresAt: string): Promise<Redeemed> {
  // One statement decides who spends it: a parallel redeemer waits here for our commit and then finds it spent.
  const [spentNow] = await tx
    .update(refreshToken)
    .set({ spentAt: sql`now()` })
    .where(and(eq(refreshToken.hash, hash), isNull(refreshToken.spentAt), sql`${refreshToken.expiresAt} > now()`))
    .returning({ hash: refreshToken.hash });
  const [known] = await tx
    .select({
      sessionId: session.id,
      accountId: session.accountId,
      revoked: sql<boolean>`${session.revokedAt} is not null`,
      inGrace: sql<boolean>`coalesce(${refreshToken.spentAt} > now() - ${graceSeconds} * interval '1 second', false)`,
      spent: sql<boolean>`${refreshToken.spentAt} is not null`,
    })
    .from(refreshToken)
    .innerJoin(session, eq(session.id, refreshToken.sessionId))
    .where(eq(refreshToken.hash, hash));
  if (!known || known.revoked || !known.spent) return { outcome: "invalid" };
  if (!spentNow && !known.inGrace) {
    await revokeSession(tx, known.sessionId, "reused");
    return { outcome: "reused" };
  }
  await tx.insert(refreshToken).values({ hash: successorHash, sessionId: known.sessionId, expiresAt }).onConflictDoNothing();
  await tx.update(session).set({ lastUsedAt: sql`now()`, expiresAt }).where(eq(session.id, known.sessionId));
  return { outcome: "rotated", sessionId: known.sessionId, accountId: known.accountId };
}
