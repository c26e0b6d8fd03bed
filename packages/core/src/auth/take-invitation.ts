/**
 * Taking an invitation: the one who holds its token and is at home at its address becomes a member.
 *
 * Here, and not with the workspaces, because a newcomer does it in the commit that makes the account.
 *
 * @module
 */
import type { Role } from "@axon/contracts/permissions";
import { newId } from "@axon/db/ids";
import { account } from "@axon/db/schema/accounts";
import { auditEntry, invitation, membership, workspace } from "@axon/db/schema/workspaces";
import type { Tx } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import { Refusal } from "../errors.ts";
import { secretHash } from "./secrets.ts";

export interface InvitedAccount {
  accountId: string;
  email: string;
  name: string;
}

interface Taking {
  /** The token as it stood in the letter. */
  token: string;
  account: InvitedAccount;
  ip: string | null;
  requestId: string | null;
}

/**
 * Makes the account a member, and its address a verified one: who has the letter has the mailbox. `tx` comes from
 * `withAccount` with `accountId` and the token's `invitationHash`. The same person again gets the same answer.
 *
 * Refuses with `invitation_mismatch` when it went to another address, and with `invitation_invalid`, in the same words, when
 * it is unknown, expired, revoked or another's, or its workspace is gone.
 */
export async function takeInvitation(tx: Tx, { token, account: by, ip, requestId }: Taking): Promise<{ workspaceId: string; role: Role }> {
  const tokenHash = secretHash(token);
  const [known] = await tx
    .select({ email: invitation.email })
    .from(invitation)
    .innerJoin(workspace, and(eq(workspace.id, invitation.workspaceId), isNull(workspace.deletedAt)))
    .where(and(eq(invitation.tokenHash, tokenHash), isNull(invitation.revokedAt)));
  if (!known) throw invalid();
  if (known.email !== by.email) throw new Refusal("invitation_mismatch", "This invitation went to another e-mail address");
  // One statement decides: whoever comes at the same time waits here for our commit and then finds it taken.
  const [taken] = await tx
    .update(invitation)
    .set({ acceptedAt: sql`now()`, acceptedBy: by.accountId })
    .where(
      and(
        eq(invitation.tokenHash, tokenHash),
        isNull(invitation.acceptedAt),
        isNull(invitation.revokedAt),
        sql`${invitation.expiresAt} > now()`,
      ),
    )
    .returning({ workspaceId: invitation.workspaceId, id: invitation.id, role: invitation.role });
  if (!taken) return takenBefore(tx, tokenHash, by);
  const { workspaceId, id, role } = taken;
  await tx.insert(membership).values({ workspaceId, accountId: by.accountId, role, name: by.name, email: by.email }).onConflictDoNothing();
  await tx.insert(auditEntry).values({
    workspaceId,
    id: newId(),
    actorKind: "user",
    actorId: by.accountId,
    actorName: by.name,
    action: "invitation.accepted",
    targetKind: "invitation",
    targetId: id,
    after: { role },
    ip,
    requestId,
  });
  await tx
    .update(account)
    .set({ emailVerifiedAt: sql`now()` })
    .where(and(eq(account.id, by.accountId), isNull(account.emailVerifiedAt)));
  return standingIn(tx, workspaceId, by.accountId);
}

async function takenBefore(tx: Tx, tokenHash: string, by: InvitedAccount) {
  const [mine] = await tx
    .select({ workspaceId: invitation.workspaceId })
    .from(invitation)
    .where(and(eq(invitation.tokenHash, tokenHash), eq(invitation.acceptedBy, by.accountId)));
  if (!mine) throw invalid();
  return standingIn(tx, mine.workspaceId, by.accountId);
}

/** Read back, because somebody who was a member before keeps the role they had, and who has been removed since stays out. */
async function standingIn(tx: Tx, workspaceId: string, accountId: string) {
  const [found] = await tx
    .select({ workspaceId: membership.workspaceId, role: membership.role })
    .from(membership)
    .where(and(eq(membership.workspaceId, workspaceId), eq(membership.accountId, accountId)));
  if (!found) throw invalid();
  return found;
}

function invalid(): Refusal {
  return new Refusal("invitation_invalid", "This invitation is not valid any more, ask for a new one");
}
