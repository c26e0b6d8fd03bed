/**
 * One workspace, seen from inside.
 *
 * @module
 */
import type { Role } from "@axon/contracts/permissions";
import type { Workspace } from "@axon/contracts/workspaces";
import { workspace } from "@axon/db/schema/workspaces";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { shownWorkspace, toWorkspace } from "./view.ts";

/** The workspace of the call, with the caller's role in it. */
export async function getWorkspace(ws: WorkspaceCtx, role: Role): Promise<Workspace> {
  const [row] = await ws.tx.select(shownWorkspace).from(workspace).where(eq(workspace.id, ws.workspaceId));
  if (!row) throw notFound("workspace");
  return toWorkspace(row, role);
}
