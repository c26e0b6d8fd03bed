/**
 * Who am I, and where may I go?
 *
 * @module
 */
import type { Session } from "@axon/contracts/auth";
import { withAccount } from "@axon/db/transaction";
import type { AuthDeps } from "./deps.ts";
import { readIdentity } from "./open-session.ts";

/** The account and its memberships. Refuses with `unauthorized` when the account is gone. */
export async function me(deps: AuthDeps, accountId: string): Promise<Pick<Session, "user" | "memberships">> {
  return withAccount(deps.database, { accountId }, (tx) => readIdentity(tx, accountId));
}
