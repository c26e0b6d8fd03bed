/**
 * What a workspace is called, and how long it keeps what comes in.
 *
 * @module
 */
import type { Role } from "@axon/contracts/permissions";
import type { updateWorkspaceInput, Workspace } from "@axon/contracts/workspaces";
import { workspace } from "@axon/db/schema/workspaces";
import { eq } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { shownWorkspace, toWorkspace } from "./view.ts";

/**
 * Changes what the input names and leaves the rest; the audit log gets what was changed, before and after. Refuses with
 * `forbidden` when somebody other than an owner sets or lifts a legal hold.
 */
export async function updateWorkspace(ws: WorkspaceCtx, input: z.output<typeof updateWorkspaceInput>, role: Role): Promise<Workspace> {
  if (input.legalHold !== undefined && role !== "owner") throw new Refusal("forbidden", "Only an owner sets or lifts a legal hold");
  const [held] = await ws.tx.select(shownWorkspace).from(workspace).where(eq(workspace.id, ws.workspaceId)).for("no key update");
  if (!held) throw notFound("workspace");
  const wanted = {
    name: input.name,
    retainConversationsDays: input.retention?.conversationsDays,
    retainDocumentsDays: input.retention?.documentsDays,
    legalHold: input.legalHold,
  };
  const before: Record<string, unknown> = { ...held };
  const changed = Object.entries(wanted).filter(([key, value]) => value !== undefined && value !== before[key]);
  if (changed.length === 0) return toWorkspace(held, role);
  const after = Object.fromEntries(changed);
  const [row] = await ws.tx.update(workspace).set(after).where(eq(workspace.id, ws.workspaceId)).returning(shownWorkspace);
  if (!row) throw new Error("a held workspace vanished");
  ws.audit({
    action: "workspace.updated",
    target: { kind: "workspace", id: ws.workspaceId },
    before: Object.fromEntries(changed.map(([key]) => [key, before[key]])),
    after,
  });
  return toWorkspace(row, role);
}
