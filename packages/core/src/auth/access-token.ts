/**
 * Access tokens: short-lived JWTs, HS256 only, with a key id, issuer and audience that are all checked.
 *
 * @module
 */
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
  /** Gives the claims of a token of ours. Refuses with `token_expired`, or with `unauthorized` for anything else. */
  verify(token: string): Promise<AccessClaims>;
}

const issuer = "axon";
const audience = "axon-api";

/** `secret` has at least 32 bytes. The key is imported once: importing it per call doubles the cost of a check. */
export async function createAccessTokens(options: { secret: string; ttlSeconds: number }): Promise<AccessTokens> {
  const bytes = new TextEncoder().encode(options.secret);
  if (bytes.length < 32) throw new Error("the access token secret must have at least 32 bytes");
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  const kid = createHash("sha256").update("kid:").update(bytes).digest("hex").slice(0, 12);
  return {
    sign: async ({ accountId, sessionId }) => {
      const endsAt = Math.floor(Date.now() / 1000) + options.ttlSeconds;
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: "HS256", typ: "JWT", kid })
        .setSubject(accountId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(endsAt)
        .sign(key);
      return { token, expiresAt: new Date(endsAt * 1000).toISOString() };
    },
    verify: async (token) => {
      try {
        const { payload, protectedHeader } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          issuer,
          audience,
          requiredClaims: ["sub", "sid", "exp", "iat"],
        });
        if (protectedHeader.kid !== kid || typeof payload.sub !== "string" || typeof payload["sid"] !== "string") throw unauthorized();
        return { accountId: payload.sub, sessionId: payload["sid"] };
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Refusal("token_expired", "The access token has expired");
        throw unauthorized();
      }
    },
  };
}

function unauthorized(): Refusal {
  return new Refusal("unauthorized", "Sign in first");
}
