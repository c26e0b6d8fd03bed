/** Who is in a workspace, who is invited, the keys that act in it, and the log of who did what. */
import {
  acceptInvitationInput,
  apiKeyRef,
  createApiKeyInput,
  createInvitationInput,
  invitationRef,
  listApiKeysInput,
  listAuditInput,
  listInvitationsInput,
  listMembersInput,
  memberRef,
  updateMemberRoleInput,
} from "@axon/contracts/workspaces";
import {
  acceptInvitation,
  createApiKey,
  inviteMember,
  leaveWorkspace,
  listApiKeys,
  listAudit,
  listInvitations,
  listMembers,
  removeMember,
  revokeApiKey,
  revokeInvitation,
  updateMemberRole,
} from "@axon/core/workspaces";
import { authedProcedure, router, workspaceProcedure } from "../trpc.ts";

const ok = { ok: true as const };
const managingMembers = workspaceProcedure("members.manage");
const inviting = workspaceProcedure("invitations.manage");
const managingKeys = workspaceProcedure("apiKeys.manage");

export const membersRouter = router({
  list: workspaceProcedure("members.read")
    .input(listMembersInput.prefault({}))
    .query(({ ctx, input }) => ctx.run((ws) => listMembers(ws, input))),
  updateRole: managingMembers.input(updateMemberRoleInput).mutation(({ ctx, input }) => ctx.run((ws) => updateMemberRole(ws, input))),
  remove: managingMembers.input(memberRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => removeMember(ws, input.memberId));
    return ok;
  }),
  leave: workspaceProcedure("members.read").mutation(async ({ ctx }) => {
    await ctx.run(leaveWorkspace);
    return ok;
  }),
});

export const invitationsRouter = router({
  create: inviting.input(createInvitationInput).mutation(({ ctx, input }) => {
    const { limits, refreshSecrets } = ctx.services.auth;
    return inviteMember({ limits, letterSecrets: refreshSecrets, inviterId: ctx.accountId, run: ctx.run }, ctx.workspaceId, input);
  }),
  list: inviting.input(listInvitationsInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listInvitations(ws, input))),
  revoke: inviting.input(invitationRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => revokeInvitation(ws, input.invitationId));
    return ok;
  }),
  accept: authedProcedure.input(acceptInvitationInput).mutation(({ ctx, input }) => {
    const { accountId } = ctx.principal;
    return acceptInvitation(ctx.services.auth, { accountId, ip: ctx.device.ip, requestId: ctx.requestId }, input.token);
  }),
});

export const apiKeysRouter = router({
  create: managingKeys.input(createApiKeyInput).mutation(({ ctx, input }) => ctx.run((ws) => createApiKey(ws, input, ctx.accountId))),
  list: managingKeys.input(listApiKeysInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listApiKeys(ws, input))),
  revoke: managingKeys.input(apiKeyRef).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => revokeApiKey(ws, input.apiKeyId));
    return ok;
  }),
});

export const auditRouter = router({
  list: workspaceProcedure("audit.read")
    .input(listAuditInput.prefault({}))
    .query(({ ctx, input }) => ctx.run((ws) => listAudit(ws, input))),
});
