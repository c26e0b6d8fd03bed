/**
 * Invitations: an open door for one e-mail address, for seven days.
 *
 * There is at most one for an address. Inviting it again opens the same one anew: another token, another letter, the full time
 * again, and the link of the letter before is dead. A token is derived from the invitation and its end, so that the letter can be
 * written later, and written twice, without the token ever lying anywhere.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import type { RateLimit } from "@axon/contracts/limits";
import { outranks, type Role } from "@axon/contracts/permissions";
import { type createInvitationInput, type Invitation, invitationDays, invitationsPerDayMax } from "@axon/contracts/workspaces";
import { newId } from "@axon/db/ids";
import { invitation, membership } from "@axon/db/schema/workspaces";
import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import { type AuthDeps, letterToken, type Mailer, secretHash } from "../auth/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import { decodeCursor, isIdKey, pageById } from "../internal/paging.ts";
import { lockMembers, requireStanding } from "./standing.ts";

const dayMs = 24 * 60 * 60 * 1000;
const perInviterAndDay = { name: "invitations-by", points: 2 * invitationsPerDayMax, seconds: dayMs / 1000 };
const perDay = { name: "invitations", points: invitationsPerDayMax, seconds: dayMs / 1000 };

const shown = {
  id: invitation.id,
  email: invitation.email,
  role: invitation.role,
  invitedBy: invitation.invitedByName,
  createdAt: invitation.createdAt,
  expiresAt: invitation.expiresAt,
};

const isWaiting = and(isNull(invitation.acceptedAt), isNull(invitation.revokedAt));

export interface InviteDeps {
  limits: AuthDeps["limits"];
  letterSecrets: Mailer["letterSecrets"];
  /** The account that invites; null for a key. */
  inviterId: string | null;
  /** Runs a verb as the caller. */
  run<Result>(verb: (ws: WorkspaceCtx) => Promise<Result>): Promise<Result>;
}

/**
 * Invites an address and has the letter sent. Refuses with `conflict` (a member has it), `forbidden` (a role above the caller's
 * own), or `rate_limited` after 50 letters of this workspace, or 100 of this person, in a day.
 */
export async function inviteMember(
  { limits, letterSecrets, inviterId, run }: InviteDeps,
  workspaceId: string,
  input: z.output<typeof createInvitationInput>,
): Promise<Invitation> {
  await countLetter(limits, perDay, workspaceId);
  // The letters go to strangers, so one who founds many workspaces has no more of them.
  if (inviterId !== null) await countLetter(limits, perInviterAndDay, inviterId);
  return run((ws) => once(ws, { procedure: "workspaces.invitations.create", input }, () => openInvitation(ws, letterSecrets, input)));
}

async function countLetter(limits: InviteDeps["limits"], limit: RateLimit, key: string): Promise<void> {
  const allowance = await limits.take(limit, key);
  if (allowance.ok) return;
  const { retryAfterMs } = allowance;
  throw new Refusal("rate_limited", `At most ${limit.points} invitations are sent within a day`, { retryAfterMs });
}

async function openInvitation(
  ws: WorkspaceCtx,
  letterSecrets: readonly string[],
  { email, role }: Pick<z.output<typeof createInvitationInput>, "email" | "role">,
): Promise<Invitation> {
  await lockMembers(ws); // Also holds up whoever invites the same address at the same time.
  const { role: own } = await requireStanding(ws, "invitations.manage");
  if (outranks(role, own)) throw aboveYou(role);
  const members = await ws.tx.select({ id: membership.accountId }).from(membership).where(eq(membership.email, email)).limit(1);
  if (members.length > 0) throw new Refusal("conflict", "A member of this workspace has this e-mail address");
  const [waiting] = await ws.tx
    .select({ id: invitation.id, role: invitation.role })
    .from(invitation)
    .where(and(eq(invitation.email, email), isWaiting));
  if (waiting && outranks(waiting.role, own)) throw aboveYou(waiting.role);
  const id = waiting?.id ?? newId();
  const expiresAt = new Date(Date.now() + invitationDays * dayMs).toISOString();
  const fresh = {
    role,
    expiresAt,
    tokenHash: secretHash(tokenOf(letterSecrets[0], { id, expiresAt })),
    invitedBy: ws.caller.kind === "user" ? ws.caller.id : null,
    invitedByName: ws.caller.name,
  };
  const [row] = waiting
    ? await ws.tx.update(invitation).set(fresh).where(eq(invitation.id, id)).returning(shown)
    : await ws.tx
        .insert(invitation)
        .values({ workspaceId: ws.workspaceId, id, email, ...fresh })
        .returning(shown);
  if (!row) throw new Error("an invitation was not written");
  ws.enqueue(
    "invitation.mail",
    { workspaceId: ws.workspaceId, invitationId: id },
    { key: `invitation.mail-${id}-${Date.parse(expiresAt)}` },
  );
  ws.audit({
    action: waiting ? "invitation.renewed" : "invitation.created",
    target: { kind: "invitation", id },
    ...(waiting ? { before: { role: waiting.role } } : {}),
    after: { email, role },
  });
  return row;
}

/** Those that can still be accepted, oldest first. */
export async function listInvitations(ws: WorkspaceCtx, input: PageInput): Promise<Page<Invitation>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select(shown)
    .from(invitation)
    .where(and(isWaiting, sql`${invitation.expiresAt} > now()`, after ? gt(invitation.id, after[0]) : undefined))
    .orderBy(asc(invitation.id))
    .limit(input.limit + 1);
  return pageById(rows, input.limit);
}

/** Shuts the door again. Twice is once. Refuses with `not_found`, `invalid_state` (accepted already) or `forbidden` (a role above one's own). */
export async function revokeInvitation(ws: WorkspaceCtx, invitationId: string): Promise<void> {
  const [found] = await ws.tx
    .select({ role: invitation.role, email: invitation.email, acceptedAt: invitation.acceptedAt, revokedAt: invitation.revokedAt })
    .from(invitation)
    .where(eq(invitation.id, invitationId))
    .for("update");
  if (!found) throw notFound("invitation");
  const { role: own } = await requireStanding(ws, "invitations.manage");
  if (outranks(found.role, own)) throw aboveYou(found.role);
  if (found.acceptedAt !== null) throw new Refusal("invalid_state", "This invitation has been accepted; remove the member instead");
  if (found.revokedAt !== null) return;
  await ws.tx.update(invitation).set({ revokedAt: sql`now()` }).where(eq(invitation.id, invitationId));
  const { email, role } = found;
  ws.audit({ action: "invitation.revoked", target: { kind: "invitation", id: invitationId }, before: { email, role } });
}

/** The token that the letter of this invitation bears. */
export function tokenOf(secret: string | undefined, { id, expiresAt }: { id: string; expiresAt: string }): string {
  if (secret === undefined) throw new Error("invitations need at least one letter secret");
  return letterToken(secret, "invitation", `${id}:${Date.parse(expiresAt)}`);
}

function aboveYou(role: Role): Refusal {
  return new Refusal("forbidden", `You can't invite an ${role}`);
}
