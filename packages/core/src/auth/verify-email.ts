/**
 * Showing that an address is one's own.
 *
 * @module
 */
import type { verifyEmailInput } from "@axon/contracts/auth";
import { account } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import type { AuthDeps, Device } from "./deps.ts";
import { takeLetterToken } from "./letter-tokens.ts";
import { queueLetter } from "./queue-letter.ts";
import { counts, openAttempt } from "./throttle.ts";

/** Counts the address as verified that the link went to; a link works once. Refuses with `link_invalid`. */
export async function verifyEmail(deps: AuthDeps, { token }: z.output<typeof verifyEmailInput>): Promise<void> {
  await withAccount(deps.database, {}, async (tx) => {
    const { accountId } = await takeLetterToken(tx, token, "verify_email");
    await tx
      .update(account)
      .set({ emailVerifiedAt: sql`now()` })
      .where(and(eq(account.id, accountId), isNull(account.emailVerifiedAt)));
  });
}

/** Asks for the letter again; for an address that is verified nothing is sent. Refuses with `rate_limited` after three an hour. */
export async function resendVerification(deps: AuthDeps, { accountId }: { accountId: string }, device: Device): Promise<void> {
  const [found] = await withAccount(deps.database, { accountId }, (tx) =>
    tx.select({ email: account.email, verifiedAt: account.emailVerifiedAt }).from(account).where(eq(account.id, accountId)),
  );
  if (!found || found.verifiedAt !== null) return;
  await openAttempt(deps.limits).count(counts.verifications(accountId));
  const letter = { kind: "verify_email", email: found.email, requestId: device.requestId ?? null } as const;
  await withAccount(deps.database, { accountId }, (tx) => queueLetter(tx, letter));
}
