/**
 * Access tokens: short-lived JWTs that name an account and the session they belong to.
 *
 * @module
 */
import { Refusal } from "../errors.ts";
import { createJwts } from "./jwt.ts";

export interface AccessClaims {
  accountId: string;
  sessionId: string;
}

export interface AccessTokens {
  /** Signs a token; gives it with its end as an ISO time. */
  sign(claims: AccessClaims): Promise<{ token: string; expiresAt: string }>;
  /** Gives the claims of a token of ours, and when it ends. Refuses with `token_expired`, or with `unauthorized` for anything else. */
  verify(token: string): Promise<AccessClaims & { expiresAtMs: number }>;
}

/** `secrets` have at least 32 bytes each: the first signs, all of them are good for checking. */
export async function createAccessTokens(options: { secrets: readonly string[]; ttlSeconds: number }): Promise<AccessTokens> {
  const jwts = await createJwts({
    keys: options.secrets.map((secret) => new TextEncoder().encode(secret)),
    audience: "axon-api",
    ttlSeconds: options.ttlSeconds,
    requiredClaims: ["sid"],
  });
  return {
    sign: ({ accountId, sessionId }) => jwts.sign(accountId, { sid: sessionId }),
    verify: async (token) => {
      const verified = await jwts.verify(token);
      if (verified === "expired") throw new Refusal("token_expired", "The access token has expired");
      const { sub, sid } = verified?.payload ?? {};
      if (verified === null || !isId(sub) || !isId(sid)) throw new Refusal("unauthorized", "Sign in first");
      return { accountId: sub, sessionId: sid, expiresAtMs: verified.expiresAtMs };
    },
  };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
