/** What becomes of a workspace: its settings, its end and its restoration, and the secrets that it has entrusted to us. */
import { pageInput } from "@axon/contracts/common";
import {
  deleteWorkspaceInput,
  listPurgesInput,
  removeSecretInput,
  restoreWorkspaceInput,
  setSecretInput,
  updateWorkspaceInput,
} from "@axon/contracts/workspaces";
import { Refusal } from "@axon/core/errors";
import {
  deleteWorkspace,
  listPurges,
  listSecrets,
  removeSecret,
  restoreWorkspace,
  setSecret,
  updateWorkspace,
} from "@axon/core/workspaces";
import { authedProcedure, callerOf, router, workspaceProcedure } from "../trpc.ts";

const managingSecrets = workspaceProcedure("secrets.manage");

/** Part of the workspaces' own router. */
export const lifecycle = {
  update: workspaceProcedure("workspace.update")
    .input(updateWorkspaceInput)
    .mutation(({ ctx, input }) => ctx.run((ws) => updateWorkspace(ws, input, ctx.role))),
  delete: workspaceProcedure("workspace.delete")
    .input(deleteWorkspaceInput)
    .mutation(({ ctx, input }) => {
      if (ctx.accountId === null) throw new Refusal("forbidden", "This needs a signed-in person, not an API key");
      return deleteWorkspace(ctx.services.auth, { ...callerOf(ctx.principal, ctx), id: ctx.accountId }, ctx.workspaceId, input);
    }),
  restore: authedProcedure
    .input(restoreWorkspaceInput)
    .mutation(({ ctx, input }) =>
      restoreWorkspace(ctx.services.auth, { ...callerOf(ctx.principal, ctx), id: ctx.principal.accountId }, input.workspaceId),
    ),
};

export const purgesRouter = router({
  list: authedProcedure
    .input(listPurgesInput.prefault({}))
    .query(({ ctx, input }) => listPurges(ctx.services.auth, ctx.principal.accountId, input)),
});

export const secretsRouter = router({
  set: managingSecrets.input(setSecretInput).mutation(({ ctx, input }) => ctx.run((ws) => setSecret(ws, ctx.services.auth.sealer, input))),
  list: managingSecrets.input(pageInput.prefault({})).query(({ ctx, input }) => ctx.run((ws) => listSecrets(ws, input))),
  remove: managingSecrets.input(removeSecretInput).mutation(async ({ ctx, input }) => {
    await ctx.run((ws) => removeSecret(ws, input.name));
    return { ok: true as const };
  }),
});
