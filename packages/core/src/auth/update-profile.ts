/**
 * What people say of themselves.
 *
 * @module
 */
import type { Session, updateProfileInput } from "@axon/contracts/auth";
import { account } from "@axon/db/schema/accounts";
import { membership } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import type { z } from "zod";
import type { AuthDeps } from "./deps.ts";
import { readIdentity } from "./open-session.ts";

/** Changes the caller's name, in every workspace at once. */
export async function updateProfile(
  deps: AuthDeps,
  { accountId }: { accountId: string },
  { name }: z.output<typeof updateProfileInput>,
): Promise<Pick<Session, "user" | "memberships">> {
  return withAccount(deps.database, { accountId }, async (tx) => {
    await tx.update(account).set({ name }).where(eq(account.id, accountId));
    await tx.update(membership).set({ name }).where(eq(membership.accountId, accountId));
    return readIdentity(tx, accountId);
  });
}
