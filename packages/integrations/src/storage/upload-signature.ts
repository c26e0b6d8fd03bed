/**
 * The signature of an upload link of our own, for when there is no store that signs its own.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** What a link promises. `expires` is in seconds since 1970. */
export interface UploadTerms {
  key: string;
  bytes: number;
  mime: string;
  expires: number;
}

/** The query of a link with these terms; the key is in its path. */
export function signUpload(terms: UploadTerms, secret: string): URLSearchParams {
  const { bytes, mime, expires } = terms;
  const signature = macOf(terms, secret).toString("base64url");
  return new URLSearchParams({ bytes: String(bytes), mime, expires: String(expires), signature });
}

/** The terms of a link, or null when its signature is not ours. Says nothing about whether it has expired. */
export function verifyUpload(key: string, query: Record<string, unknown>, secret: string): UploadTerms | null {
  const { bytes, mime, expires, signature } = query;
  if (!isDigits(bytes) || !isDigits(expires) || typeof mime !== "string" || typeof signature !== "string") return null;
  const terms = { key, bytes: Number(bytes), mime, expires: Number(expires) };
  const given = Buffer.from(signature, "base64url");
  const right = macOf(terms, secret);
  return given.length === right.length && timingSafeEqual(given, right) ? terms : null;
}

function macOf({ key, bytes, mime, expires }: UploadTerms, secret: string): Buffer {
  // As JSON, so that no two sets of terms read the same.
  return createHmac("sha256", secret)
    .update(JSON.stringify(["axon upload 1", key, bytes, mime, expires]))
    .digest();
}

function isDigits(value: unknown): value is string {
  return typeof value === "string" && /^(0|[1-9]\d{0,14})$/.test(value);
}
