/**
 * Another workspace for somebody who is signed in.
 *
 * @module
 */
import type { createWorkspaceInput, Workspace } from "@axon/contracts/workspaces";
import { newId } from "@axon/db/ids";
import { auditEntry, workspace } from "@axon/db/schema/workspaces";
import { withAccount } from "@axon/db/transaction";
import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { type AuthDeps, foundWorkspace } from "../auth/index.ts";
import { Refusal } from "../errors.ts";
import { toAuditRow } from "../internal/audit.ts";
import { violatedUnique } from "../internal/sql-errors.ts";
import { shownWorkspace, toWorkspace } from "./view.ts";

/** Founds a workspace that the caller owns. The same idempotency key gives the same workspace; with another name, `conflict`. */
export async function createWorkspace(
  deps: Pick<AuthDeps, "database">,
  caller: { accountId: string; name: string; ip?: string | null; requestId?: string | null },
  input: z.output<typeof createWorkspaceInput>,
): Promise<Workspace> {
  const workspaceId = newId();
  const creationKey = input.idempotencyKey === undefined ? null : `${caller.accountId}:${input.idempotencyKey}`;
  try {
    await withAccount(deps.database, { accountId: caller.accountId, workspaceId }, async (tx) => {
      await foundWorkspace(tx, { workspaceId, name: input.name, owner: caller, creationKey });
      const { accountId: id, name, ip = null, requestId = null } = caller;
      const line = { action: "workspace.created", target: { kind: "workspace", id: workspaceId }, after: { name: input.name } };
      await tx.insert(auditEntry).values(toAuditRow(workspaceId, { kind: "user", id, name, ip, requestId }, line));
    });
  } catch (error) {
    if (creationKey === null || violatedUnique(error) !== "workspace_creationKey_unique") throw error;
  }
  const made = await withAccount(deps.database, { accountId: caller.accountId }, async (tx) => {
    const [row] = await tx
      .select(shownWorkspace)
      .from(workspace)
      .where(creationKey === null ? eq(workspace.id, workspaceId) : and(eq(workspace.creationKey, creationKey)));
    return row;
  });
  if (!made) throw new Error("a founded workspace was not found");
  if (made.name !== input.name) throw new Refusal("conflict", "This idempotency key was used with another input");
  return toWorkspace(made, "owner");
}
