/**
 * A workspace as it is told to those who are in it.
 *
 * @module
 */
import type { Role } from "@axon/contracts/permissions";
import type { Workspace } from "@axon/contracts/workspaces";
import { workspace } from "@axon/db/schema/workspaces";

/** The columns that `toWorkspace` needs. */
export const shownWorkspace = {
  id: workspace.id,
  name: workspace.name,
  slug: workspace.slug,
  createdAt: workspace.createdAt,
  retainConversationsDays: workspace.retainConversationsDays,
  retainDocumentsDays: workspace.retainDocumentsDays,
  legalHold: workspace.legalHold,
};

type ShownWorkspace = Pick<typeof workspace.$inferSelect, keyof typeof shownWorkspace>;

/** `role` is the caller's. */
export function toWorkspace({ retainConversationsDays, retainDocumentsDays, ...row }: ShownWorkspace, role: Role): Workspace {
  return { ...row, role, retention: { conversationsDays: retainConversationsDays, documentsDays: retainDocumentsDays } };
}
