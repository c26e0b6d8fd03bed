/**
 * JWTs of ours: HS256 only, with a key id, issuer and audience that are all checked. What the claims mean is for others to know.
 *
 * @module
 */
import { createHash, type webcrypto } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";

const issuer = "axon";
/** Seconds by which the clocks of two servers may differ. */
const clockSkewSeconds = 5;
/** RFC 7518 §3.2: an HS256 key is at least as long as its hash. */
export const keyBytesMin = 32;

export interface JwtOptions {
  /** At least 32 bytes each: the first signs, all of them check, so that a rotation shows nobody out. */
  keys: readonly Uint8Array[];
  audience: string;
  ttlSeconds: number;
  /** Claims that a token must have, beside the subject and its times. */
  requiredClaims: readonly string[];
}

export interface Jwts {
  /** Signs a token; gives it with its end as an ISO time. */
  sign(subject: string, claims: JWTPayload): Promise<{ token: string; expiresAt: string }>;
  /** The claims of a token that is ours and in force; `expired` for one that was, null for anything else. */
  verify(token: string): Promise<{ payload: JWTPayload; expiresAtMs: number } | "expired" | null>;
}

/** Keys are imported once: importing one per call doubles the cost of a check. */
export async function createJwts({ keys, audience, ttlSeconds, requiredClaims }: JwtOptions): Promise<Jwts> {
  const imported = await Promise.all(keys.map(importKey));
  const [current] = imported;
  if (!current) throw new Error("tokens need at least one secret");
  const byKid = new Map(imported.map(({ kid, key }) => [kid, key]));
  const keyOf = ({ kid }: { kid?: string }) => {
    const key = byKid.get(kid ?? "");
    if (!key) throw new errors.JWSInvalid("a key that is not ours");
    return key;
  };
  return {
    sign: async (subject, claims) => {
      const endsAt = Math.floor(Date.now() / 1000) + ttlSeconds;
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", typ: "JWT", kid: current.kid })
        .setSubject(subject)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(endsAt)
        .sign(current.key);
      return { token, expiresAt: new Date(endsAt * 1000).toISOString() };
    },
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: ["HS256"],
          issuer,
          audience,
          requiredClaims: ["sub", "exp", "iat", ...requiredClaims],
          clockTolerance: clockSkewSeconds,
        });
        const { iat, exp } = payload;
        // What was issued in the future was not issued by us.
        if (typeof iat !== "number" || iat > Date.now() / 1000 + clockSkewSeconds || typeof exp !== "number") return null;
        return { payload, expiresAtMs: exp * 1000 };
      } catch (error) {
        return error instanceof errors.JWTExpired ? "expired" : null;
      }
    },
  };
}

/** The key id is derived from the key, so that every server of an installation names it alike. */
async function importKey(bytes: Uint8Array): Promise<{ kid: string; key: webcrypto.CryptoKey }> {
  if (bytes.length < keyBytesMin) throw new Error(`a secret for tokens must have at least ${keyBytesMin} bytes`);
  const key = await crypto.subtle.importKey("raw", new Uint8Array(bytes), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  return { key, kid: createHash("sha256").update("kid:").update(bytes).digest("hex").slice(0, 12) };
}
