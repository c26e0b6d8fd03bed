/** Workspaces, who is in them, and the keys that act for them. */
export { acceptInvitation } from "./accept-invitation.ts";
export { createApiKey, listApiKeys, revokeApiKey } from "./api-keys.ts";
export { listAudit } from "./audit.ts";
export { createWorkspace } from "./create-workspace.ts";
export { deleteWorkspace } from "./delete-workspace.ts";
export { getWorkspace } from "./get-workspace.ts";
export { inviteMember, listInvitations, revokeInvitation } from "./invitations.ts";
export { listWorkspaces } from "./list-workspaces.ts";
export { type InvitationMailDeps, mailInvitation } from "./mail-invitation.ts";
export { leaveWorkspace, listMembers, removeMember, updateMemberRole } from "./members.ts";
export { type PurgeDeps, purgeWorkspace } from "./purge-workspace.ts";
export { listPurges } from "./purges.ts";
export { requeuePurge } from "./requeue-purge.ts";
export { restoreWorkspace } from "./restore-workspace.ts";
export { queueRetention, retainWorkspace } from "./retention.ts";
export { type Rotation, rotateSecrets } from "./rotate-secrets.ts";
export { listSecrets, openSecret, removeSecret, setSecret } from "./secrets.ts";
export { updateWorkspace } from "./update-workspace.ts";
