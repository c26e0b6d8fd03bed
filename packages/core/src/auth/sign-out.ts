/**
 * Ending sessions.
 *
 * @module
 */
import { withAccount } from "@axon/db/transaction";
import type { AuthDeps } from "./deps.ts";
import { revokeSession, revokeSessions } from "./open-session.ts";

/** Ends the caller's own session. Twice is once. */
export async function signOut(deps: AuthDeps, { accountId, sessionId }: { accountId: string; sessionId: string }): Promise<void> {
  await withAccount(deps.database, { accountId }, (tx) => revokeSession(tx, sessionId, "signed_out"));
  deps.onRevoked?.(accountId);
}

/** Ends every session of the caller, this one included. */
export async function signOutEverywhere(deps: AuthDeps, { accountId }: { accountId: string }): Promise<void> {
  await withAccount(deps.database, { accountId }, (tx) => revokeSessions(tx, accountId, "signed_out"));
  deps.onRevoked?.(accountId);
}
