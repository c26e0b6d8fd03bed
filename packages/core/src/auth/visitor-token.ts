/**
 * Visitor tokens: what a widget shows for the person in front of it. JWTs like access tokens, and never to be taken for one:
 * another audience, and keys of their own, derived from the same secrets.
 *
 * It refuses to know whether the channel and the contact that a token names are still there.
 *
 * @module
 */
import { hkdfSync } from "node:crypto";
import { routeLabels } from "@axon/contracts/channels";
import type { JWTPayload } from "jose";
import { Refusal } from "../errors.ts";
import { createJwts, keyBytesMin } from "./jwt.ts";

/** A visitor as their token tells it. */
export interface VisitorClaims {
  workspaceId: string;
  channelId: string;
  contactId: string;
  /** Of the secret that the business signed their identity with; null for an anonymous visitor. */
  identityVersion: number | null;
  /** What the page that they came by said it is about. It lets nobody in: it only says who answers. */
  labels?: readonly string[];
}

export interface VisitorTokens {
  /** Signs a token; gives it with its end as an ISO time. */
  sign(claims: VisitorClaims): Promise<{ token: string; expiresAt: string }>;
  /** Gives the claims of a token of ours, and when it ends. Refuses with `token_expired`, or with `unauthorized` for anything else. */
  verify(token: string): Promise<VisitorClaims & { expiresAtMs: number }>;
}

export const visitorTokenSeconds = 30 * 24 * 3600;

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
  const jwts = await createJwts({ keys: secrets.map(deriveKey), audience: "axon-visitor", ttlSeconds, requiredClaims: ["wid", "cid"] });
  return {
    sign: ({ workspaceId, channelId, contactId, identityVersion, labels = [] }) =>
      jwts.sign(contactId, {
        wid: workspaceId,
        cid: channelId,
        ...(identityVersion === null ? {} : { idv: identityVersion }),
        ...(labels.length === 0 ? {} : { lbl: labels }),
      }),
    verify: async (token) => {
      const verified = await jwts.verify(token);
      if (verified === "expired") throw new Refusal("token_expired", "This visit has expired, open the widget again");
      const claims = verified && claimsOf(verified.payload);
      if (!claims) throw new Refusal("unauthorized", "Open the widget first");
      return { ...claims, expiresAtMs: verified.expiresAtMs };
    },
  };
}

function claimsOf({ sub, wid, cid, idv = null, lbl = [] }: JWTPayload): VisitorClaims | null {
  if (typeof sub !== "string" || typeof wid !== "string" || typeof cid !== "string") return null;
  if (idv !== null && typeof idv !== "number") return null;
  const labels = routeLabels.safeParse(lbl);
  if (!labels.success) return null;
  return {
    workspaceId: wid,
    channelId: cid,
    contactId: sub,
    identityVersion: idv,
    ...(labels.data.length === 0 ? {} : { labels: labels.data }),
  };
}

/** A key that no access token is signed with (RFC 5869). */
function deriveKey(secret: string): Uint8Array {
  const master = new TextEncoder().encode(secret);
  if (master.length < keyBytesMin) throw new Error(`a secret for visitor tokens must have at least ${keyBytesMin} bytes`);
  return new Uint8Array(hkdfSync("sha256", master, "axon visitor tokens", "", keyBytesMin));
}
