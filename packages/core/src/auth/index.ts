/** Who may come in. Accounts, sessions, tokens. */
export { createAccessTokens } from "./access-token.ts";
export { apiKeyPrefix, authenticate, type Principal } from "./authenticate.ts";
export type { AuthDeps, Device } from "./deps.ts";
export { foundWorkspace } from "./found-workspace.ts";
export { me } from "./me.ts";
export { createPasswords } from "./passwords.ts";
export { graceSeconds, refresh } from "./refresh.ts";
export { newSecret, secretHash } from "./secrets.ts";
export { signIn } from "./sign-in.ts";
export { signOut, signOutEverywhere } from "./sign-out.ts";
export { signUp } from "./sign-up.ts";
