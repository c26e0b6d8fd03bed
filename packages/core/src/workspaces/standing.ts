/**
 * What the caller of a verb may do at this moment, read in the verb's own transaction: the door looked before it began, and a
 * role may have been taken away since.
 *
 * @module
 */
import { holds, type Permission, permissionNames, type Role } from "@axon/contracts/permissions";
import { apiKey, membership, workspace } from "@axon/db/schema/workspaces";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";

export interface Standing {
  role: Role;
  /** All that the caller may do here. */
  permissions: readonly Permission[];
}

/**
 * Held until the commit, so that two owners can't both leave because each sees the other still there. Rows may still be added
 * to the workspace meanwhile. Refuses with `not_found`.
 */
export async function lockMembers(ws: WorkspaceCtx): Promise<void> {
  const held = await ws.tx.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, ws.workspaceId)).for("no key update");
  if (held.length === 0) throw notFound("workspace");
}

/** Refuses with `forbidden` unless the caller still holds `permission`. Axon itself stands where an owner does. */
export async function requireStanding(ws: WorkspaceCtx, permission: Permission): Promise<Standing> {
  const standing = await readStanding(ws);
  if (!standing?.permissions.includes(permission)) throw new Refusal("forbidden", "You can't do this any more");
  return standing;
}

async function readStanding({ tx, caller }: WorkspaceCtx): Promise<Standing | null> {
  if (caller.kind === "system") return { role: "owner", permissions: permissionNames };
  if (caller.id === null || caller.kind === "visitor") return null;
  const { kind } = caller;
  const [row] =
    kind === "user"
      ? await tx.select({ role: membership.role, scopes: sql<null>`null` }).from(membership).where(eq(membership.accountId, caller.id))
      : await tx
          .select({ role: apiKey.role, scopes: apiKey.scopes })
          .from(apiKey)
          .where(and(eq(apiKey.id, caller.id), isNull(apiKey.revokedAt)));
  return row ? { role: row.role, permissions: permissionNames.filter((permission) => holds(kind, row, permission)) } : null;
}
