/** Workspaces and what is managed in them, over REST. The workspace itself is named by the header, as everywhere. */
import { membership } from "@axon/contracts/auth";
import { presenceOutput } from "@axon/contracts/presence";
import { apiKey, auditEntry, invitation, madeApiKey, member, purge, secret, workspace } from "@axon/contracts/workspaces";
import { ok, pageOf, routesOf } from "./route.ts";

export const workspaceRoutes = routesOf("workspaces")({
  "workspaces.create": { method: "POST", path: "/workspaces", summary: "Found a workspace that you own", output: workspace, status: 201 },
  "workspaces.list": {
    method: "GET",
    path: "/workspaces",
    summary: "List the workspaces that you are a member of",
    output: pageOf(workspace),
  },
  "workspaces.get": {
    method: "GET",
    path: "/workspace",
    summary: "Get the workspace of the call, with your role in it",
    output: workspace,
  },
  "workspaces.update": {
    method: "PATCH",
    path: "/workspace",
    summary: "Change the name, the retention or the legal hold of the workspace; what is left out stays",
    output: workspace,
  },
  "workspaces.delete": {
    method: "POST",
    path: "/workspace/delete",
    summary: "Shut the workspace for everybody and have its data removed, at once or after some days",
    output: purge,
  },
  "workspaces.restore": {
    method: "POST",
    path: "/workspaces/{workspaceId}/restore",
    summary: "Open a workspace again that you deleted, while its grace lasts",
    output: workspace,
  },
  "workspaces.purges.list": {
    method: "GET",
    path: "/purges",
    summary: "List the workspaces that you deleted, with what was removed and the count of what is left",
    output: pageOf(purge),
  },
  "workspaces.secrets.set": {
    method: "PUT",
    path: "/secrets/{name}",
    summary: "Keep a secret, sealed; its value is never given out again",
    output: secret,
  },
  "workspaces.secrets.list": { method: "GET", path: "/secrets", summary: "List the names of the secrets", output: pageOf(secret) },
  "workspaces.secrets.remove": { method: "DELETE", path: "/secrets/{name}", summary: "Forget a secret", output: ok },
  "workspaces.members.list": { method: "GET", path: "/members", summary: "List the members", output: pageOf(member) },
  "workspaces.members.updateRole": {
    method: "PATCH",
    path: "/members/{memberId}",
    summary: "Give a member another role",
    output: member,
  },
  "workspaces.members.remove": {
    method: "DELETE",
    path: "/members/{memberId}",
    summary: "Take a member out; their next call is refused",
    output: ok,
  },
  "workspaces.members.leave": { method: "POST", path: "/members/leave", summary: "Leave the workspace", output: ok },
  "workspaces.invitations.create": {
    method: "POST",
    path: "/invitations",
    summary: "Invite an e-mail address, or invite it again: the letter sent last is the one that counts",
    output: invitation,
    status: 201,
  },
  "workspaces.invitations.list": {
    method: "GET",
    path: "/invitations",
    summary: "List the invitations that can still be accepted",
    output: pageOf(invitation),
  },
  "workspaces.invitations.revoke": {
    method: "DELETE",
    path: "/invitations/{invitationId}",
    summary: "Revoke an invitation; its link is dead from now on",
    output: ok,
  },
  "workspaces.invitations.accept": {
    method: "POST",
    path: "/invitations/accept",
    summary: "Accept an invitation with the token of its letter, and become a member",
    output: membership,
  },
  "workspaces.audit.list": {
    method: "GET",
    path: "/audit",
    summary: "List who did what, newest first",
    output: pageOf(auditEntry),
  },
  "workspaces.presence": { method: "GET", path: "/presence", summary: "List the members who are there now", output: presenceOutput },
  "workspaces.apiKeys.create": {
    method: "POST",
    path: "/api-keys",
    summary: "Make an API key; its secret is shown in this answer and never again",
    output: madeApiKey,
    status: 201,
  },
  "workspaces.apiKeys.list": { method: "GET", path: "/api-keys", summary: "List the API keys in force", output: pageOf(apiKey) },
  "workspaces.apiKeys.revoke": {
    method: "DELETE",
    path: "/api-keys/{apiKeyId}",
    summary: "End an API key; it is refused from the next call on",
    output: ok,
  },
});
