/** Accounts and sessions over REST. */
import { deviceSession, recoveryCodes, session, totpSetup } from "@axon/contracts/auth";
import { ok, pageOf, routesOf } from "./route.ts";

export const authRoutes = routesOf("auth")({
  "auth.signUp": {
    method: "POST",
    path: "/auth/sign-up",
    summary: "Make an account with a first workspace, and sign in",
    output: session,
    status: 201,
  },
  "auth.signIn": { method: "POST", path: "/auth/sign-in", summary: "Sign in", output: session },
  "auth.refresh": {
    method: "POST",
    path: "/auth/refresh",
    summary: "Renew a session; the refresh token that comes back replaces the one that was sent",
    output: session,
  },
  "auth.signOut": { method: "POST", path: "/auth/sign-out", summary: "End this session", output: ok },
  "auth.signOutEverywhere": { method: "POST", path: "/auth/sign-out-everywhere", summary: "End every session of the account", output: ok },
  "auth.me": {
    method: "GET",
    path: "/auth/me",
    summary: "Who is signed in, and which workspaces they are a member of",
    output: session.pick({ user: true, memberships: true }),
  },
  "auth.updateProfile": {
    method: "PATCH",
    path: "/auth/me",
    summary: "Change your name",
    output: session.pick({ user: true, memberships: true }),
  },
  "auth.changePassword": {
    method: "POST",
    path: "/auth/change-password",
    summary: "Set a new password; ends every other session",
    output: ok,
  },
  "auth.requestPasswordReset": {
    method: "POST",
    path: "/auth/request-password-reset",
    summary: "Ask for a letter with a link that sets a new password; the answer is the same whether or not the address is known",
    output: ok,
  },
  "auth.resetPassword": {
    method: "POST",
    path: "/auth/reset-password",
    summary: "Set a new password with the token of a letter; ends every session",
    output: ok,
  },
  "auth.verifyEmail": {
    method: "POST",
    path: "/auth/verify-email",
    summary: "Confirm an e-mail address with the token of a letter",
    output: ok,
  },
  "auth.resendVerification": {
    method: "POST",
    path: "/auth/resend-verification",
    summary: "Ask for the letter that confirms your e-mail address once more",
    output: ok,
  },
  "auth.sessions.list": {
    method: "GET",
    path: "/auth/sessions",
    summary: "List the devices that you are signed in on",
    output: pageOf(deviceSession),
  },
  "auth.sessions.revoke": {
    method: "DELETE",
    path: "/auth/sessions/{sessionId}",
    summary: "Sign a device out",
    output: ok,
  },
  "auth.totp.begin": {
    method: "POST",
    path: "/auth/totp/begin",
    summary: "Get a secret for an authenticator app",
    output: totpSetup,
  },
  "auth.totp.confirm": {
    method: "POST",
    path: "/auth/totp/confirm",
    summary: "Turn the authenticator app on with a code of it, and get recovery codes, which are shown this once",
    output: recoveryCodes,
  },
  "auth.totp.disable": {
    method: "POST",
    path: "/auth/totp/disable",
    summary: "Turn the authenticator app off",
    output: ok,
  },
  "auth.totp.regenerateRecoveryCodes": {
    method: "POST",
    path: "/auth/totp/recovery-codes",
    summary: "Get new recovery codes in place of the old ones",
    output: recoveryCodes,
  },
});
