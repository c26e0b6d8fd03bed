/**
 * Asking somebody who is signed in for the password again, before something that a borrowed screen must not be enough for.
 *
 * @module
 */
import { passwordBytesMax } from "@axon/contracts/auth";
import { account } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import type { AuthDeps } from "./deps.ts";
import { type Attempt, counts } from "./throttle.ts";

export interface SignedIn {
  accountId: string;
  sessionId: string;
}

/** Gives the account whose password it is. Refuses with `invalid_credentials`, and with `rate_limited` after ten wrong ones. */
export async function confirmPassword(
  deps: AuthDeps,
  { accountId, sessionId }: SignedIn,
  password: string,
  attempt: Attempt,
): Promise<{ email: string; passwordHash: string }> {
  await attempt.count(counts.passwordsInSession(accountId, sessionId));
  const [found] = await withAccount(deps.database, { accountId }, (tx) =>
    tx.select({ email: account.email, passwordHash: account.passwordHash }).from(account).where(eq(account.id, accountId)),
  );
  const possible = new TextEncoder().encode(password).length <= passwordBytesMax;
  const right = await deps.passwords.verify(possible ? password : "", possible ? (found?.passwordHash ?? null) : null);
  if (!found || !right) throw wrongPassword();
  return found;
}

export function wrongPassword(): Refusal {
  return new Refusal("invalid_credentials", "The password is wrong");
}
