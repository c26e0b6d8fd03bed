/**
 * Ending sessions.
 *
 * @module
 */
import { session } from "@axon/db/schema/accounts";
import { withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { AuthDeps } from "./deps.ts";
import { revokeSession } from "./open-session.ts";

/** Ends the caller's own session. Twice is once. */
export async function signOut(deps: AuthDeps, caller: { accountId: string; sessionId: string }): Promise<void> {
  await withAccount(deps.database, { accountId: caller.accountId }, (tx) => revokeSession(tx, caller.sessionId, "signed_out"));
}

/** Ends every session of the caller, this one included. */
export async function signOutEverywhere(deps: AuthDeps, caller: { accountId: string }): Promise<void> {
  await withAccount(deps.database, { accountId: caller.accountId }, async (tx) => {
    await tx
      .update(session)
      .set({ revokedAt: sql`now()`, revokedReason: "signed_out" })
      .where(and(eq(session.accountId, caller.accountId), isNull(session.revokedAt)));
  });
}
