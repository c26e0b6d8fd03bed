/**
 * The end of a workspace, in two steps: nobody gets in any more, and then a job removes what is in it.
 *
 * Done as the role that keeps accounts, because the order to remove outlives the workspace. Removes nothing itself.
 *
 * @module
 */
import type { deleteWorkspaceInput, Purge } from "@axon/contracts/workspaces";
import { newId } from "@axon/db/ids";
import { purge } from "@axon/db/schema/accounts";
import { auditEntry, workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { z } from "zod";
import type { AuthDeps } from "../auth/index.ts";
import type { Caller } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { enqueueForAccount } from "../internal/account-jobs.ts";
import { toAuditRow } from "../internal/audit.ts";
import { shownPurge } from "./purges.ts";

/** An account as the one who asks. */
export type Owner = Caller & { id: string };

/**
 * Shuts the workspace for everybody with this commit and has its data removed, at once or after `graceDays`. Refuses with
 * `validation` when `confirm` is not its name, `invalid_state` under legal hold, and `not_found` for who is no owner.
 */
export async function deleteWorkspace(
  deps: Pick<AuthDeps, "database">,
  owner: Owner,
  workspaceId: string,
  { confirm, graceDays }: z.output<typeof deleteWorkspaceInput>,
): Promise<Purge> {
  return withAccount(deps.database, { accountId: owner.id }, async (tx) => {
    // Row-level security lets owners hold the row, and nobody else.
    const [held] = await tx
      .select({ name: workspace.name, legalHold: workspace.legalHold })
      .from(workspace)
      .where(and(eq(workspace.id, workspaceId), isNull(workspace.deletedAt)))
      .for("no key update");
    if (!held) throw notFound("workspace");
    if (confirm !== held.name) {
      throw new Refusal("validation", "confirm: is not the name of this workspace", {
        fields: { confirm: "is not the name of this workspace" },
      });
    }
    if (held.legalHold) throw new Refusal("invalid_state", "This workspace is under legal hold; lift it first");
    await tx.update(workspace).set({ deletedAt: sql`now()` }).where(eq(workspace.id, workspaceId));
    const dueAt = sql`now() + ${graceDays} * interval '1 day'`;
    const [order] = await tx
      .insert(purge)
      .values({ workspaceId, workspaceName: held.name, orderedBy: owner.id, dueAt })
      .returning(shownPurge);
    if (!order) throw new Error("an order to remove a workspace was not written");
    const line = { action: "workspace.deleted", target: { kind: "workspace", id: workspaceId }, after: { graceDays } };
    await tx.insert(auditEntry).values(toAuditRow(workspaceId, owner, line));
    // What is due later is found by the sweeper when its day comes, so no queue need remember it for a month.
    if (graceDays === 0)
      await enqueueForAccount(tx, "workspace.purge", { workspaceId }, { key: `purge-${newId()}`, requestId: owner.requestId });
    return order;
  });
}
