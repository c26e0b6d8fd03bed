/**
 * Members: who is in a workspace, and as what. How somebody comes in is the invitations' business.
 *
 * A workspace always has an owner: whatever would take the last one away is refused, also when twenty try at once.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import { outranks, type Role } from "@axon/contracts/permissions";
import type { Member, updateMemberRoleInput } from "@axon/contracts/workspaces";
import { membership } from "@axon/db/schema/workspaces";
import { and, asc, eq, gt, ne } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { decodeCursor, isIdKey, pageById } from "../internal/paging.ts";
import { lockMembers, requireStanding } from "./standing.ts";

const shown = {
  id: membership.accountId,
  name: membership.name,
  email: membership.email,
  role: membership.role,
  joinedAt: membership.createdAt,
};

/** In the order in which their accounts were made. */
export async function listMembers(ws: WorkspaceCtx, input: PageInput): Promise<Page<Member>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select(shown)
    .from(membership)
    .where(after ? gt(membership.accountId, after[0]) : undefined)
    .orderBy(asc(membership.accountId))
    .limit(input.limit + 1);
  return pageById(rows, input.limit);
}

/**
 * Gives a member another role; the one it has already changes nothing. Nobody touches who stands above them, nor raises anybody
 * above themselves. Refuses with `not_found`, `forbidden`, or `last_owner`.
 */
export async function updateMemberRole(ws: WorkspaceCtx, { memberId, role }: z.output<typeof updateMemberRoleInput>): Promise<Member> {
  await lockMembers(ws);
  const before = await readMember(ws, memberId);
  const by = await requireStanding(ws, "members.manage");
  if (outranks(before.role, by.role)) throw cannotReach(before.role);
  if (outranks(role, by.role)) throw cannotReach(role);
  if (before.role === role) return before;
  if (before.role === "owner") await requireAnotherOwner(ws, memberId);
  const [after] = await ws.tx.update(membership).set({ role }).where(eq(membership.accountId, memberId)).returning(shown);
  if (!after) throw new Error("a member vanished while the members were locked");
  ws.audit({
    action: "member.role_changed",
    target: { kind: "member", id: memberId },
    before: { role: before.role },
    after: { role, name: before.name },
  });
  return after;
}

/**
 * Takes a member out: their next call is refused and their open streams end. Keys that they made are the workspace's and stay.
 * Refuses with `not_found`, `forbidden` (whoever stands above the caller), or `last_owner`.
 */
export async function removeMember(ws: WorkspaceCtx, memberId: string): Promise<void> {
  await lockMembers(ws);
  const member = await readMember(ws, memberId);
  const by = await requireStanding(ws, "members.manage");
  if (outranks(member.role, by.role)) throw cannotReach(member.role);
  await takeOut(ws, member, "member.removed");
}

/** The caller goes. Refuses with `last_owner`, and with `forbidden` who is no person. */
export async function leaveWorkspace(ws: WorkspaceCtx): Promise<void> {
  if (ws.caller.kind !== "user" || ws.caller.id === null) throw new Refusal("forbidden", "Only a member can leave");
  await lockMembers(ws);
  await takeOut(ws, await readMember(ws, ws.caller.id), "member.left");
}

async function takeOut(ws: WorkspaceCtx, { id, role, name }: Member, action: string): Promise<void> {
  if (role === "owner") await requireAnotherOwner(ws, id);
  await ws.tx.delete(membership).where(eq(membership.accountId, id));
  ws.audit({ action, target: { kind: "member", id }, before: { role, name } });
}

async function readMember(ws: WorkspaceCtx, memberId: string): Promise<Member> {
  const [row] = await ws.tx.select(shown).from(membership).where(eq(membership.accountId, memberId));
  if (!row) throw notFound("member");
  return row;
}

async function requireAnotherOwner(ws: WorkspaceCtx, memberId: string): Promise<void> {
  const others = await ws.tx
    .select({ id: membership.accountId })
    .from(membership)
    .where(and(eq(membership.role, "owner"), ne(membership.accountId, memberId)))
    .limit(1);
  if (others.length === 0) throw new Refusal("last_owner", "A workspace needs an owner; make somebody else one first");
}

function cannotReach(role: Role): Refusal {
  return new Refusal("forbidden", `You can't make or change ${role === "owner" || role === "admin" ? "an" : "a"} ${role}`);
}
