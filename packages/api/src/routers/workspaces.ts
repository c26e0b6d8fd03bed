/** Workspaces and their API keys. */
import { pageInput } from "@axon/contracts/common";
import { createApiKeyInput, createWorkspaceInput, listApiKeysInput } from "@axon/contracts/workspaces";
import { createApiKey, createWorkspace, getWorkspace, listApiKeys, listWorkspaces, revokeApiKey } from "@axon/core/workspaces";
import { z } from "zod";
import { authedProcedure, router, workspaceProcedure } from "../trpc.ts";

export const workspacesRouter = router({
  create: authedProcedure
    .input(createWorkspaceInput)
    .mutation(({ ctx, input }) => createWorkspace(ctx.services.auth, ctx.principal, input)),
  list: authedProcedure
    .input(pageInput.prefault({}))
    .query(({ ctx, input }) => listWorkspaces(ctx.services.auth, ctx.principal.accountId, input)),
  get: workspaceProcedure("workspace.read").query(({ ctx }) => ctx.run((ws) => getWorkspace(ws, ctx.role))),
  apiKeys: router({
    create: workspaceProcedure("apiKeys.manage")
      .input(createApiKeyInput)
      .mutation(({ ctx, input }) => ctx.run((ws) => createApiKey(ws, input, ctx.accountId))),
    list: workspaceProcedure("apiKeys.manage")
      .input(listApiKeysInput.prefault({}))
      .query(({ ctx, input }) => ctx.run((ws) => listApiKeys(ws, input))),
    revoke: workspaceProcedure("apiKeys.manage")
      .input(z.object({ apiKeyId: z.uuid() }))
      .mutation(async ({ ctx, input }) => {
        await ctx.run((ws) => revokeApiKey(ws, input.apiKeyId));
        return { ok: true as const };
      }),
  }),
});
