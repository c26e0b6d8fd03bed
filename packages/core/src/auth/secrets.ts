/**
 * Opaque secrets (refresh tokens, API keys): 256 bits from the system's generator, kept only as their SHA-256.
 *
 * A fast hash is right here: unlike a password, the secret cannot be guessed.
 *
 * @module
 */
import { createHash, createHmac, randomBytes } from "node:crypto";

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
