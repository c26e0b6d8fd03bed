/**
 * Access tokens: short-lived JWTs, HS256 only, with a key id, issuer and audience that are all checked.
 *
 * @module
 */

import type { webcrypto } from "node:crypto";
import { createHash } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { Refusal } from "../errors.ts";

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

const issuer = "axon";
const audience = "axon-api";

/** Seconds by which the clocks of two servers may differ. */
const clockSkewSeconds = 5;

interface SigningKey {
  kid: string;
  key: webcrypto.CryptoKey;
}

/**
 * `secrets` have at least 32 bytes each: the first signs, all of them are good for checking, so that a rotation logs nobody
 * out. Keys are imported once: importing one per call doubles the cost of a check.
 */
export async function createAccessTokens(options: { secrets: readonly string[]; ttlSeconds: number }): Promise<AccessTokens> {
  const keys = await Promise.all(options.secrets.map(importKey));
  const [current] = keys;
  if (!current) throw new Error("access tokens need at least one secret");
  const byKid = new Map(keys.map(({ kid, key }) => [kid, key]));
  return {
    sign: async ({ accountId, sessionId }) => {
      const endsAt = Math.floor(Date.now() / 1000) + options.ttlSeconds;
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: "HS256", typ: "JWT", kid: current.kid })
        .setSubject(accountId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(endsAt)
        .sign(current.key);
      return { token, expiresAt: new Date(endsAt * 1000).toISOString() };
    },
    verify: async (token) => {
      try {
        const keyOf = ({ kid }: { kid?: string }) => byKid.get(kid ?? "") ?? refuse();
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: ["HS256"],
          issuer,
          audience,
          requiredClaims: ["sub", "sid", "exp", "iat"],
          clockTolerance: clockSkewSeconds,
        });
        const { sub, sid, iat, exp } = payload;
        // What was issued in the future was not issued by us.
        const issued = typeof iat === "number" && iat <= Date.now() / 1000 + clockSkewSeconds;
        if (!issued || typeof exp !== "number" || !isId(sub) || !isId(sid)) throw unauthorized();
        return { accountId: sub, sessionId: sid, expiresAtMs: exp * 1000 };
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Refusal("token_expired", "The access token has expired");
        throw unauthorized();
      }
    },
  };
}

/** The key id is derived from the secret, so that every server of an installation names a key alike. */
async function importKey(secret: string): Promise<SigningKey> {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < 32) throw new Error("an access token secret must have at least 32 bytes");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  return { key, kid: createHash("sha256").update("kid:").update(bytes).digest("hex").slice(0, 12) };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

function refuse(): never {
  throw unauthorized();
}

function unauthorized(): Refusal {
  return new Refusal("unauthorized", "Sign in first");
}
