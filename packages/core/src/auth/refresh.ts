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
import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import { auditAccount } from "./audit-account.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { readIdentity, refreshPrefix, revokeSession, toSession } from "./open-session.ts";
import { secretHash, successorOf } from "./secrets.ts";

/** How long a spent token still gets its successor, in seconds: the time a slow tab or a lost answer needs. */
export const graceSeconds = 30;

type Redeemed =
  | { outcome: "rotated"; sessionId: string; successor: string }
  | { outcome: "reused"; session: { kind: "session"; id: string } }
  | { outcome: "invalid" };

/**
 * Gives a session with the successor of `token`. Refuses with `refresh_invalid`, or with `refresh_reused` after ending the
 * family and telling the audit log of every workspace that the account may enter.
 */
export async function refresh(deps: AuthDeps, token: string, device: Device): Promise<Session> {
  // A rotation of secrets may fall between two tabs: the later one must find the successor that the earlier one got.
  const successors = deps.refreshSecrets.map((secret) => successorOf(token, secret, refreshPrefix));
  const expiresAt = new Date(Date.now() + deps.refreshTtlSeconds * 1000).toISOString();
  const hash = secretHash(token);
  const accountId = await withAccount(deps.database, {}, (tx) => ownerOf(tx, hash));
  if (accountId === null) throw invalidToken();
  const { identity, ...redeemed } = await withAccount(deps.database, { accountId }, async (tx) => {
    const result = await redeem(tx, hash, successors, expiresAt);
    if (result.outcome === "reused") await auditAccount(tx, { accountId, action: "session.reused", target: result.session }, device);
    return { ...result, identity: result.outcome === "rotated" ? await readIdentity(tx, accountId) : null };
  });
  // Refused out here, so that what ended with the family stays ended.
  if (redeemed.outcome === "reused") {
    deps.onRevoked?.(accountId);
    throw new Refusal("refresh_reused", "This refresh token was used before; the session has been ended");
  }
  if (redeemed.outcome !== "rotated" || identity === null) throw invalidToken();
  return toSession(deps, { sessionId: redeemed.sessionId, token: redeemed.successor, expiresAt }, identity);
}

/** Whose session the token is of; null when it is none of ours. */
async function ownerOf(tx: Tx, hash: string): Promise<string | null> {
  const [found] = await tx
    .select({ accountId: session.accountId })
    .from(refreshToken)
    .innerJoin(session, eq(session.id, refreshToken.sessionId))
    .where(eq(refreshToken.hash, hash));
  return found?.accountId ?? null;
}

async function redeem(tx: Tx, hash: string, successors: readonly string[], expiresAt: string): Promise<Redeemed> {
  // One statement decides who spends it: a parallel redeemer waits here for our commit and then finds it spent.
  const [spentNow] = await tx
    .update(refreshToken)
    .set({ spentAt: sql`now()` })
    .where(and(eq(refreshToken.hash, hash), isNull(refreshToken.spentAt), sql`${refreshToken.expiresAt} > now()`))
    .returning({ hash: refreshToken.hash });
  const [known] = await tx
    .select({
      sessionId: session.id,
      over: sql<boolean>`${session.revokedAt} is not null or ${session.expiresAt} <= now()`,
      inGrace: sql<boolean>`coalesce(${refreshToken.spentAt} > now() - ${graceSeconds} * interval '1 second', false)`,
      spent: sql<boolean>`${refreshToken.spentAt} is not null`,
    })
    .from(refreshToken)
    .innerJoin(session, eq(session.id, refreshToken.sessionId))
    .where(eq(refreshToken.hash, hash));
  if (!known || known.over || !known.spent) return { outcome: "invalid" };
  if (!spentNow && !known.inGrace) {
    // Of two replays at once one ends the family, and only that one is told of.
    const ended = await revokeSession(tx, known.sessionId, "reused");
    return ended ? { outcome: "reused", session: { kind: "session", id: known.sessionId } } : { outcome: "invalid" };
  }
  const stored = spentNow ? undefined : await storedAmong(tx, successors);
  if (stored !== undefined) return { outcome: "rotated", sessionId: known.sessionId, successor: stored };
  const successor = successors[0] ?? refuseWithoutSecret();
  await tx
    .insert(refreshToken)
    .values({ hash: secretHash(successor), sessionId: known.sessionId, expiresAt })
    .onConflictDoNothing();
  await tx.update(session).set({ lastUsedAt: sql`now()`, expiresAt }).where(eq(session.id, known.sessionId));
  return { outcome: "rotated", sessionId: known.sessionId, successor };
}

async function storedAmong(tx: Tx, tokens: readonly string[]): Promise<string | undefined> {
  const rows = await tx
    .select({ hash: refreshToken.hash })
    .from(refreshToken)
    .where(inArray(refreshToken.hash, tokens.map(secretHash)));
  return tokens.find((token) => rows.some(({ hash }) => hash === secretHash(token)));
}

function invalidToken(): Refusal {
  return new Refusal("refresh_invalid", "Sign in again");
}

function refuseWithoutSecret(): never {
  throw new Error("refreshing needs at least one secret");
}
