/**
 * Taking back that a workspace was deleted, while nothing has been removed yet.
 *
 * @module
 */
import type { Workspace } from "@axon/contracts/workspaces";
import { purge } from "@axon/db/schema/accounts";
import { auditEntry, workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { and, eq, sql } from "drizzle-orm";
import type { AuthDeps } from "../auth/index.ts";
import { notFound, Refusal } from "../errors.ts";
import { toAuditRow } from "../internal/audit.ts";
import type { Owner } from "./delete-workspace.ts";
import { shownWorkspace, toWorkspace } from "./view.ts";

/**
 * Opens the workspace again, as it was. Refuses with `not_found` for who did not delete it, and with `invalid_state` once its
 * grace is over.
 */
export async function restoreWorkspace(deps: Pick<AuthDeps, "database">, owner: Owner, workspaceId: string): Promise<Workspace> {
  return withAccount(deps.database, { accountId: owner.id }, async (tx) => {
    const ordered = and(eq(purge.workspaceId, workspaceId), eq(purge.orderedBy, owner.id));
    // By the clock and under the row's lock: the removal takes the same lock and begins only when `due_at` has passed.
    const [held] = await tx
      .select({ open: sql<boolean>`${purge.dueAt} > clock_timestamp()` })
      .from(purge)
      .where(ordered)
      .for("update");
    if (!held) throw notFound("workspace");
    if (!held.open) throw new Refusal("invalid_state", "The time in which this workspace could be restored is over");
    await tx.delete(purge).where(ordered);
    const [row] = await tx.update(workspace).set({ deletedAt: null }).where(eq(workspace.id, workspaceId)).returning(shownWorkspace);
    if (!row) throw notFound("workspace"); // An owner then, and none any more.
    const line = { action: "workspace.restored", target: { kind: "workspace", id: workspaceId } };
    await tx.insert(auditEntry).values(toAuditRow(workspaceId, owner, line));
    return toWorkspace(row, "owner");
  });
}
