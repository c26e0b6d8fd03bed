/** Sign-up, sessions, and who am I. */
import { refreshInput, signInInput, signUpInput } from "@axon/contracts/auth";
import { me, refresh, signIn, signOut, signOutEverywhere, signUp } from "@axon/core/auth";
import { authedProcedure, publicProcedure, router } from "../trpc.ts";

export const authRouter = router({
  signUp: publicProcedure.input(signUpInput).mutation(({ ctx, input }) => signUp(ctx.services.auth, input, ctx.device)),
  signIn: publicProcedure.input(signInInput).mutation(({ ctx, input }) => signIn(ctx.services.auth, input, ctx.device)),
  refresh: publicProcedure.input(refreshInput).mutation(({ ctx, input }) => refresh(ctx.services.auth, input.refreshToken)),
  signOut: authedProcedure.mutation(async ({ ctx }) => {
    await signOut(ctx.services.auth, ctx.principal);
    return { ok: true as const };
  }),
  signOutEverywhere: authedProcedure.mutation(async ({ ctx }) => {
    await signOutEverywhere(ctx.services.auth, ctx.principal);
    return { ok: true as const };
  }),
  me: authedProcedure.query(({ ctx }) => me(ctx.services.auth, ctx.principal.accountId)),
});
