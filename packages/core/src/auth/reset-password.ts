/**
 * A new password for somebody who has lost the old one, by a letter to the account's address.
 *
 * @module
 */
import type { requestPasswordResetInput, resetPasswordInput } from "@axon/contracts/auth";
import { account, recoveryCode } from "@axon/db/schema/accounts";
import { type Tx, withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import { auditAccount } from "./audit-account.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { dropResetTokens, readLetterToken, takeLetterToken } from "./letter-tokens.ts";
import { revokeSessions } from "./open-session.ts";
import { queueLetter } from "./queue-letter.ts";
import { counts, networkOf, openAttempt } from "./throttle.ts";

/**
 * Asks for a letter to the address. The answer and the work are the same whoever's it is: that is found out when the letter
 * is sent. A fourth request within an hour is answered the same and sends nothing. Refuses with `rate_limited` after 20 an
 * hour from one place.
 */
export async function requestPasswordReset(
  deps: AuthDeps,
  { email }: z.output<typeof requestPasswordResetInput>,
  device: Device,
): Promise<void> {
  await openAttempt(deps.limits).count(counts.resetsFromOnePlace(networkOf(device.ip ?? "")));
  const { limit, key } = counts.resetsOfOneAddress(email);
  const allowance = await deps.limits.take(limit, key);
  if (!allowance.ok) return;
  await withAccount(deps.database, {}, (tx) => queueLetter(tx, { kind: "reset_password", email, requestId: device.requestId ?? null }));
}

/**
 * Sets the password with a link's token, which is worth nothing from then on, like every other link that would. Ends every
 * session, counts the address as verified, and lets the owner in who was locked out by wrong guesses. An authenticator app
 * stays in force, unless nobody had ever shown that the address is theirs: then whoever set it up need not be whoever reads
 * this mail. Refuses with `link_invalid`.
 */
export async function resetPassword(
  deps: AuthDeps,
  { token, newPassword }: z.output<typeof resetPasswordInput>,
  device: Device,
): Promise<void> {
  // Looked at first, so that nobody can have passwords hashed with a token of their own making.
  const { accountId } = await withAccount(deps.database, {}, (tx) => readLetterToken(tx, token, "reset_password"));
  const passwordHash = await deps.passwords.hash(newPassword);
  const email = await withAccount(deps.database, { accountId }, async (tx) => {
    const owner = await takeLetterToken(tx, token, "reset_password");
    await dropUnprovenTotp(tx, accountId);
    await tx
      .update(account)
      .set({ passwordHash, emailVerifiedAt: sql`coalesce(${account.emailVerifiedAt}, now())` })
      .where(eq(account.id, accountId));
    await dropResetTokens(tx, accountId);
    await revokeSessions(tx, accountId, "password_reset");
    await auditAccount(tx, { accountId, action: "password.reset", target: { kind: "account", id: accountId } }, device);
    await queueLetter(tx, { kind: "password_changed", email: owner.email, requestId: device.requestId ?? null });
    return owner.email;
  });
  for (const { limit, key } of [counts.guessesAtOnePlace(email, networkOf(device.ip ?? "")), counts.guessesFromStrangePlaces(email)])
    await deps.limits.forget(limit, key);
  deps.onRevoked?.(accountId);
}

/** Takes off an authenticator app that was set up on an address which nobody had verified: it may be a squatter's. */
async function dropUnprovenTotp(tx: Tx, accountId: string): Promise<void> {
  const dropped = await tx
    .update(account)
    .set({ totpSecret: null, totpSince: null, totpLastStep: null })
    .where(and(eq(account.id, accountId), isNull(account.emailVerifiedAt)))
    .returning({ id: account.id });
  if (dropped.length > 0) await tx.delete(recoveryCode).where(eq(recoveryCode.accountId, accountId));
}
