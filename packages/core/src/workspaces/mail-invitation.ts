/**
 * The letter that carries an invitation.
 *
 * @module
 */
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { invitation, workspace } from "@axon/db/schema/workspaces";
import { and, eq, isNull, sql } from "drizzle-orm";
import { invitationLetter, type Mailer, secretHash } from "../auth/index.ts";
import type { InWorkspace, WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { tokenOf } from "./invitations.ts";

export interface InvitationMailDeps {
  inWorkspace: InWorkspace;
  mailer: Mailer;
}

/**
 * Sends the letter of an invitation that is still open; otherwise does nothing. Twice is the same letter under the same id, which
 * whoever carries letters delivers once. Refuses with `validation` when the letter will never be taken.
 */
export async function mailInvitation(
  { inWorkspace, mailer }: InvitationMailDeps,
  { workspaceId, invitationId }: JobPayload<"invitation.mail">,
  { signal }: Pick<JobRun, "signal">,
): Promise<void> {
  const open = await inWorkspace(workspaceId, (ws) => readOpen(ws, invitationId));
  if (!open) return;
  // Found by its hash: the secret that made it may not be the first one any more.
  const token = mailer.letterSecrets.map((secret) => tokenOf(secret, open)).find((one) => secretHash(one) === open.tokenHash);
  if (token === undefined) throw new Error("no letter secret derives the token of this invitation any more");
  const letter = invitationLetter({
    workspaceName: open.workspaceName,
    invitedBy: open.invitedByName,
    role: open.role,
    expiresAt: open.expiresAt,
    url: `${mailer.appUrl}/invitations/accept?token=${token}`,
  });
  const told = await mailer.send({ id: `invitation-${open.id}-${Date.parse(open.expiresAt)}`, to: open.email, ...letter }, signal);
  if (told.outcome === "refused") throw new Refusal("validation", `The invitation's letter was refused: ${told.reason}`);
}

async function readOpen(ws: WorkspaceCtx, invitationId: string) {
  const [row] = await ws.tx
    .select({
      id: invitation.id,
      email: invitation.email,
      role: invitation.role,
      tokenHash: invitation.tokenHash,
      invitedByName: invitation.invitedByName,
      expiresAt: invitation.expiresAt,
      workspaceName: workspace.name,
    })
    .from(invitation)
    .innerJoin(workspace, and(eq(workspace.id, invitation.workspaceId), isNull(workspace.deletedAt)))
    .where(
      and(
        eq(invitation.id, invitationId),
        isNull(invitation.acceptedAt),
        isNull(invitation.revokedAt),
        sql`${invitation.expiresAt} > now()`,
      ),
    );
  return row;
}
