/**
 * The workspaces that somebody is a member of.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import type { Workspace } from "@axon/contracts/workspaces";
import { membership, workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { and, asc, eq, gt, isNull } from "drizzle-orm";
import type { AuthDeps } from "../auth/index.ts";
import { decodeCursor, isIdKey, toPage } from "../internal/paging.ts";
import { shownWorkspace, toWorkspace } from "./view.ts";

/** Oldest first. */
export async function listWorkspaces(deps: Pick<AuthDeps, "database">, accountId: string, input: PageInput): Promise<Page<Workspace>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await withAccount(deps.database, { accountId }, (tx) =>
    tx
      .select({ ...shownWorkspace, role: membership.role })
      .from(membership)
      .innerJoin(workspace, eq(workspace.id, membership.workspaceId))
      .where(and(eq(membership.accountId, accountId), isNull(workspace.deletedAt), after ? gt(workspace.id, after[0]) : undefined))
      .orderBy(asc(workspace.id))
      .limit(input.limit + 1),
  );
  return toPage(
    rows,
    input.limit,
    ({ role, ...row }) => toWorkspace(row, role),
    (row) => [row.id],
  );
}
