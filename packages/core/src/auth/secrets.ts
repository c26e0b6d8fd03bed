/**
 * Opaque secrets (refresh tokens, API keys): 256 bits from the system's generator, kept only as their SHA-256. Tokens in
 * letters are derived instead, so that a letter that is sent again bears the same one and none lies in the database.
 *
 * A fast hash is right here: unlike a password, the secret cannot be guessed.
 *
 * @module
 */
import { createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** A new secret that begins with `prefix`. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** Lower-case hex SHA-256, as stored. */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** The one secret that can follow `secret`: every caller who redeems it at the same time arrives at the same. */
export function successorOf(secret: string, key: string, prefix: string): string {
  return prefix + createHmac("sha256", key).update(secret).digest("base64url");
}

/** What a link in a letter is good for, and how its token begins. */
const letterPrefixes = { verify_email: "axv_", reset_password: "axp_", invitation: "axi_" } as const;

/**
 * The token of one letter: whoever knows the secret and the letter's `id` arrives at the same. The key is a purpose's own
 * (RFC 5869), so that no token of one kind is ever one of another.
 */
export function letterToken(secret: string, purpose: keyof typeof letterPrefixes, id: string): string {
  const key = Buffer.from(hkdfSync("sha256", secret, "axon letters", purpose, 32));
  return letterPrefixes[purpose] + createHmac("sha256", key).update(id).digest("base64url");
}
