/** Sign-up, sessions, passwords, and who am I. */
import {
  changePasswordInput,
  listSessionsInput,
  refreshInput,
  requestPasswordResetInput,
  resetPasswordInput,
  revokeSessionInput,
  signInInput,
  signUpInput,
  updateProfileInput,
  verifyEmailInput,
} from "@axon/contracts/auth";
import {
  changePassword,
  type Device,
  listSessions,
  me,
  refresh,
  requestPasswordReset,
  resendVerification,
  resetPassword,
  revokeDeviceSession,
  signIn,
  signOut,
  signOutEverywhere,
  signUp,
  updateProfile,
  verifyEmail,
} from "@axon/core/auth";
import type { ApiCtx } from "../context.ts";
import { authedProcedure, publicProcedure, router } from "../trpc.ts";
import { totpRouter } from "./auth-totp.ts";

export const authRouter = router({
  signUp: publicProcedure.input(signUpInput).mutation(({ ctx, input }) => signUp(ctx.services.auth, input, deviceOf(ctx))),
  signIn: publicProcedure.input(signInInput).mutation(({ ctx, input }) => signIn(ctx.services.auth, input, deviceOf(ctx))),
  refresh: publicProcedure.input(refreshInput).mutation(({ ctx, input }) => refresh(ctx.services.auth, input.refreshToken, deviceOf(ctx))),
  signOut: authedProcedure.mutation(({ ctx }) => done(signOut(ctx.services.auth, ctx.principal))),
  signOutEverywhere: authedProcedure.mutation(({ ctx }) => done(signOutEverywhere(ctx.services.auth, ctx.principal))),
  me: authedProcedure.query(({ ctx }) => me(ctx.services.auth, ctx.principal.accountId)),
  updateProfile: authedProcedure
    .input(updateProfileInput)
    .mutation(({ ctx, input }) => updateProfile(ctx.services.auth, ctx.principal, input)),
  changePassword: authedProcedure
    .input(changePasswordInput)
    .mutation(({ ctx, input }) => done(changePassword(ctx.services.auth, ctx.principal, input, deviceOf(ctx)))),
  requestPasswordReset: publicProcedure
    .input(requestPasswordResetInput)
    .mutation(({ ctx, input }) => done(requestPasswordReset(ctx.services.auth, input, deviceOf(ctx)))),
  resetPassword: publicProcedure
    .input(resetPasswordInput)
    .mutation(({ ctx, input }) => done(resetPassword(ctx.services.auth, input, deviceOf(ctx)))),
  verifyEmail: publicProcedure.input(verifyEmailInput).mutation(({ ctx, input }) => done(verifyEmail(ctx.services.auth, input))),
  resendVerification: authedProcedure.mutation(({ ctx }) => done(resendVerification(ctx.services.auth, ctx.principal, deviceOf(ctx)))),
  sessions: router({
    list: authedProcedure.input(listSessionsInput).query(({ ctx, input }) => listSessions(ctx.services.auth, ctx.principal, input)),
    revoke: authedProcedure
      .input(revokeSessionInput)
      .mutation(({ ctx, input }) => done(revokeDeviceSession(ctx.services.auth, ctx.principal, input.sessionId))),
  }),
  totp: totpRouter,
});

function deviceOf({ device, requestId }: Pick<ApiCtx, "device" | "requestId">): Device {
  return { ...device, requestId };
}

async function done(work: Promise<void>): Promise<{ ok: true }> {
  await work;
  return { ok: true };
}
