/**
 * A new password for somebody who knows the old one.
 *
 * @module
 */
import type { changePasswordInput } from "@axon/contracts/auth";
import { account } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { auditAccount } from "./audit-account.ts";
import { confirmPassword, type SignedIn, wrongPassword } from "./confirm-password.ts";
import type { AuthDeps, Device } from "./deps.ts";
import { dropResetTokens } from "./letter-tokens.ts";
import { revokeSessions } from "./open-session.ts";
import { queueLetter } from "./queue-letter.ts";
import { guessing } from "./throttle.ts";

/**
 * Sets the new password, ends every other session, kills the links that would reset it, and asks for a letter that tells of it.
 * Refuses with `invalid_credentials` when the current password is not `currentPassword`, `rate_limited` after ten such tries.
 */
export async function changePassword(
  deps: AuthDeps,
  caller: SignedIn,
  { currentPassword, newPassword }: z.output<typeof changePasswordInput>,
  device: Device,
): Promise<void> {
  const { accountId } = caller;
  await guessing(deps.limits, ["invalid_credentials"], async (attempt) => {
    const { email, passwordHash: verified } = await confirmPassword(deps, caller, currentPassword, attempt);
    const passwordHash = await deps.passwords.hash(newPassword);
    await withAccount(deps.database, { accountId }, async (tx) => {
      // What was verified must still be the password: of two changes at once the second one's "current" is wrong.
      const changed = await tx
        .update(account)
        .set({ passwordHash })
        .where(and(eq(account.id, accountId), eq(account.passwordHash, verified)))
        .returning({ id: account.id });
      if (changed.length === 0) throw wrongPassword();
      await revokeSessions(tx, accountId, "password_changed", caller.sessionId);
      await dropResetTokens(tx, accountId);
      await auditAccount(tx, { accountId, action: "password.changed", target: { kind: "account", id: accountId } }, device);
      await queueLetter(tx, { kind: "password_changed", email, requestId: device.requestId ?? null });
    });
  });
  deps.onRevoked?.(accountId);
}
