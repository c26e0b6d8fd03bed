/**
 * Visitor tokens: what a widget shows for the person in front of it. JWTs like access tokens, and never to be taken for one:
 * another audience, and keys of their own, derived from the same secrets.
 *
 * It refuses to know whether the channel and the contact that a token names are still there.
 *
 * @module
 */
import { createHash, hkdfSync, type webcrypto } from "node:crypto";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { Refusal } from "../errors.ts";

/** A visitor as their token tells it. */
export interface VisitorClaims {
  workspaceId: string;
  channelId: string;
  contactId: string;
  /** Of the secret that the business signed their identity with; null for an anonymous visitor. */
  identityVersion: number | null;
}

export interface VisitorTokens {
  /** Signs a token; gives it with its end as an ISO time. */
  sign(claims: VisitorClaims): Promise<{ token: string; expiresAt: string }>;
  /** Gives the claims of a token of ours, and when it ends. Refuses with `token_expired`, or with `unauthorized` for anything else. */
  verify(token: string): Promise<VisitorClaims & { expiresAtMs: number }>;
}

const issuer = "axon";
const audience = "axon-visitor";
export const visitorTokenSeconds = 30 * 24 * 3600;
/** Seconds by which the clocks of two servers may differ. */
const clockSkewSeconds = 5;
const keyBytes = 32;

/**
 * `secrets` are those of the access tokens (at least 32 bytes each): the first one's key signs, all of them check, so that a
 * rotation shows no visitor out.
 */
export async function createVisitorTokens({
  secrets,
  ttlSeconds = visitorTokenSeconds,
}: {
  secrets: readonly string[];
  ttlSeconds?: number;
}): Promise<VisitorTokens> {
  const keys = await Promise.all(secrets.map(deriveKey));
  const [current] = keys;
  if (!current) throw new Error("visitor tokens need at least one secret");
  const byKid = new Map(keys.map(({ kid, key }) => [kid, key]));
  return {
    sign: async ({ workspaceId, channelId, contactId, identityVersion }) => {
      const endsAt = Math.floor(Date.now() / 1000) + ttlSeconds;
      const token = await new SignJWT({ wid: workspaceId, cid: channelId, ...(identityVersion === null ? {} : { idv: identityVersion }) })
        .setProtectedHeader({ alg: "HS256", typ: "JWT", kid: current.kid })
        .setSubject(contactId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(endsAt)
        .sign(current.key);
      return { token, expiresAt: new Date(endsAt * 1000).toISOString() };
    },
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, ({ kid }) => byKid.get(kid ?? "") ?? refuse(), {
          algorithms: ["HS256"],
          issuer,
          audience,
          requiredClaims: ["sub", "wid", "cid", "exp", "iat"],
          clockTolerance: clockSkewSeconds,
        });
        return claimsOf(payload);
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Refusal("token_expired", "This visit has expired, open the widget again");
        throw unauthorized();
      }
    },
  };
}

function claimsOf({ sub, iat, exp, ...own }: JWTPayload): VisitorClaims & { expiresAtMs: number } {
  const { wid, cid, idv = null } = own;
  // What was issued in the future was not issued by us.
  const issued = typeof iat === "number" && iat <= Date.now() / 1000 + clockSkewSeconds;
  if (!issued || typeof exp !== "number") throw unauthorized();
  if (typeof sub !== "string" || typeof wid !== "string" || typeof cid !== "string") throw unauthorized();
  if (idv !== null && typeof idv !== "number") throw unauthorized();
  return { workspaceId: wid, channelId: cid, contactId: sub, identityVersion: idv, expiresAtMs: exp * 1000 };
}

/** A key that no access token is signed with (RFC 5869). Its id is derived alike on every server of an installation. */
async function deriveKey(secret: string): Promise<{ kid: string; key: webcrypto.CryptoKey }> {
  const master = new TextEncoder().encode(secret);
  if (master.length < 32) throw new Error("a secret for visitor tokens must have at least 32 bytes");
  const bytes = new Uint8Array(hkdfSync("sha256", master, "axon visitor tokens", "", keyBytes));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  return { key, kid: createHash("sha256").update("kid:").update(bytes).digest("hex").slice(0, 12) };
}

function refuse(): never {
  throw unauthorized();
}

function unauthorized(): Refusal {
  return new Refusal("unauthorized", "Open the widget first");
}
