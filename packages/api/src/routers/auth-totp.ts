/** Authenticator apps. */
import { beginTotpInput, confirmTotpInput, disableTotpInput, regenerateRecoveryCodesInput } from "@axon/contracts/auth";
import { beginTotp, confirmTotp, disableTotp, regenerateRecoveryCodes } from "@axon/core/auth";
import { authedProcedure, router } from "../trpc.ts";

export const totpRouter = router({
  begin: authedProcedure.input(beginTotpInput).mutation(({ ctx, input }) => beginTotp(ctx.services.auth, ctx.principal, input)),
  confirm: authedProcedure
    .input(confirmTotpInput)
    .mutation(({ ctx, input }) => confirmTotp(ctx.services.auth, ctx.principal, input, { ...ctx.device, requestId: ctx.requestId })),
  disable: authedProcedure.input(disableTotpInput).mutation(async ({ ctx, input }) => {
    await disableTotp(ctx.services.auth, ctx.principal, input, { ...ctx.device, requestId: ctx.requestId });
    return { ok: true as const };
  }),
  regenerateRecoveryCodes: authedProcedure
    .input(regenerateRecoveryCodesInput)
    .mutation(({ ctx, input }) =>
      regenerateRecoveryCodes(ctx.services.auth, ctx.principal, input, { ...ctx.device, requestId: ctx.requestId }),
    ),
});
