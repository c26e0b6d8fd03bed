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

/** Tokens whose signature has been found good and is not computed again. Those that came first go first. */
const verifiedMax = 10_000;

/** `secrets` have at least 32 bytes each: the first signs, all of them are good for checking. */
export async function createAccessTokens(options: { secrets: readonly string[]; ttlSeconds: number }): Promise<AccessTokens> {
  const jwts = await createJwts({
    keys: options.secrets.map((secret) => new TextEncoder().encode(secret)),
    audience: "axon-api",
    ttlSeconds: options.ttlSeconds,
    requiredClaims: ["sid"],
  });
  const verifiedBefore = new Map<string, AccessClaims & { expiresAtMs: number }>();
  return {
    sign: ({ accountId, sessionId }) => jwts.sign(accountId, { sid: sessionId }),
    verify: async (token) => {
      // The same text bears the same signature; its time is looked at anew. Whether its session still is, only the database knows.
      const known = verifiedBefore.get(token);
      if (known !== undefined && Date.now() < known.expiresAtMs) return known;
      verifiedBefore.delete(token);
      const verified = await jwts.verify(token);
      if (verified === "expired") throw new Refusal("token_expired", "The access token has expired");
      const { sub, sid } = verified?.payload ?? {};
      if (verified === null || !isId(sub) || !isId(sid)) throw new Refusal("unauthorized", "Sign in first");
      const claims = { accountId: sub, sessionId: sid, expiresAtMs: verified.expiresAtMs };
      const [oldest] = verifiedBefore.size < verifiedMax ? [] : verifiedBefore.keys();
      if (oldest !== undefined) verifiedBefore.delete(oldest);
      verifiedBefore.set(token, claims);
      return claims;
    },
  };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
