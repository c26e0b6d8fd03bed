/**
 * Following an invitation as somebody who is signed in.
 *
 * @module
 */
import type { Membership } from "@axon/contracts/auth";
import { account } from "@axon/db/schema/accounts";
import { workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import { type AuthDeps, secretHash, takeInvitation } from "../auth/index.ts";
import { Refusal } from "../errors.ts";

interface Follower {
  accountId: string;
  ip: string | null;
  requestId: string | null;
}

/**
 * Makes the caller a member and gives the membership; the same person again gets the same. Refuses with `invitation_mismatch`
 * when it went to another address, and with `invitation_invalid` whatever else is wrong with the token.
 */
export async function acceptInvitation(deps: Pick<AuthDeps, "database">, by: Follower, token: string): Promise<Membership> {
  return withAccount(deps.database, { accountId: by.accountId, invitationHash: secretHash(token) }, async (tx) => {
    const [who] = await tx.select({ email: account.email, name: account.name }).from(account).where(eq(account.id, by.accountId));
    if (!who) throw new Refusal("unauthorized", "Sign in first");
    const { workspaceId, role } = await takeInvitation(tx, { ...by, token, account: { ...who, accountId: by.accountId } });
    const [joined] = await tx
      .select({ id: workspace.id, name: workspace.name, slug: workspace.slug })
      .from(workspace)
      .where(eq(workspace.id, workspaceId));
    if (!joined) throw new Error("a workspace vanished while it was joined");
    return { workspace: joined, role };
  });
}
