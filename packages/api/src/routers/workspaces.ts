/** Workspaces. */
import { pageInput } from "@axon/contracts/common";
import { createWorkspaceInput } from "@axon/contracts/workspaces";
import { createWorkspace, getWorkspace, listWorkspaces } from "@axon/core/workspaces";
import { authedProcedure, router, workspaceProcedure } from "../trpc.ts";
import { lifecycle, purgesRouter, secretsRouter } from "./lifecycle.ts";
import { apiKeysRouter, auditRouter, invitationsRouter, membersRouter } from "./people.ts";
import { presence } from "./typing.ts";

export const workspacesRouter = router({
  create: authedProcedure
    .input(createWorkspaceInput)
    .mutation(({ ctx, input }) =>
      createWorkspace(ctx.services.auth, { ...ctx.principal, ip: ctx.device.ip, requestId: ctx.requestId }, input),
    ),
  list: authedProcedure
    .input(pageInput.prefault({}))
    .query(({ ctx, input }) => listWorkspaces(ctx.services.auth, ctx.principal.accountId, input)),
  get: workspaceProcedure("workspace.read").query(({ ctx }) => ctx.run((ws) => getWorkspace(ws, ctx.role))),
  presence,
  ...lifecycle,
  members: membersRouter,
  invitations: invitationsRouter,
  apiKeys: apiKeysRouter,
  audit: auditRouter,
  purges: purgesRouter,
  secrets: secretsRouter,
});
