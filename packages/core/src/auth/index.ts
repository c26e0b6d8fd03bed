/** Who may come in. Accounts, sessions, tokens. */
export { type AccessTokens, createAccessTokens } from "./access-token.ts";
export { foundWorkspace } from "./found-workspace.ts";
export { newSecret, secretHash } from "./secrets.ts";
export { apiKeyPrefix, authenticate, type Principal, type Standing } from "./authenticate.ts";
export type { AuthDeps, Device } from "./deps.ts";
export { me } from "./me.ts";
export { createPasswords, type Passwords } from "./passwords.ts";
export { graceSeconds, refresh } from "./refresh.ts";
export { signIn } from "./sign-in.ts";
export { signOut, signOutEverywhere } from "./sign-out.ts";
export { signUp } from "./sign-up.ts";
