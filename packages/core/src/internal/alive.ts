/**
 * Whether a workspace is still in use. Nobody gets into a deleted one, and jobs that were under way must not go on in it.
 *
 * @module
 */
import { workspace } from "@axon/db/schema/workspaces";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

/** A condition that holds while the workspace of the transaction is not deleted. */
export function workspaceAlive(ws: Pick<WorkspaceCtx, "workspaceId">): SQL {
  return sql`exists (select 1 from ${workspace} where ${workspace.id} = ${ws.workspaceId} and ${workspace.deletedAt} is null)`;
}
