/**
 * What a place for files must be able to do, and the words it says no with. Knows no document and no workspace.
 *
 * @module
 */
import type { Readable } from "node:stream";

export interface UploadRequest {
  key: string;
  mime: string;
  /** Exactly so many bytes will be taken; zero is allowed. */
  bytes: number;
  expiresInSeconds: number;
}

/** Where and how a client puts its bytes: one PUT with these headers. */
export interface PresignedUpload {
  url: string;
  method: "PUT";
  headers: Record<string, string>;
}

export interface Storage {
  /** A link that takes one upload of exactly the size and type asked for, for as long as it lasts, without further identification. */
  presignPut(upload: UploadRequest): Promise<PresignedUpload>;
  /** The size of what is stored under `key`, or null. */
  head(key: string): Promise<{ bytes: number } | null>;
  /** The whole file. Throws `StorageError` `missing`, or `too_large` before more than `bytesMax` were taken into memory. */
  read(key: string, bytesMax: number): Promise<Uint8Array>;
  /** The file bit by bit, with its size. Whoever takes it reads it to the end or destroys it. Throws `StorageError` `missing`. */
  stream(key: string): Promise<{ bytes: number; body: Readable }>;
  /** Stores `bytes` under `key`, in place of what was there: other readers see the old file or the new one, never a part. */
  write(key: string, bytes: Uint8Array, mime: string): Promise<void>;
  /** Keys of stored files that begin with `prefix`, which ends with a slash; at most `max` (1..1000). A file just removed is not among them. */
  list(prefix: string, max: number): Promise<string[]>;
  /** Removes the files; what is not there is fine. Throws when one could not be removed; calling again is right then. */
  remove(keys: readonly string[]): Promise<void>;
}

export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: "missing" | "too_large" | "bad_key";
  constructor(code: StorageError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const keyCharsMax = 500;
const keyPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * True for a key as we make them (`workspaceId/documentId/version`): words of ASCII letters, digits, `.`, `_` and `-`, none
 * beginning with a dot, with single slashes between. So a key is safe in a URL and cannot climb out of a folder.
 */
export function isStorageKey(key: string): boolean {
  return key.length <= keyCharsMax && keyPattern.test(key);
}

/** Throws `StorageError` `bad_key` unless `prefix` is a key with a slash behind it, such as `workspaceId/`. */
export function checkStoragePrefix(prefix: string): void {
  if (!prefix.endsWith("/")) throw new StorageError("bad_key", "not a folder of storage keys");
  checkStorageKey(prefix.slice(0, -1));
}

/** Throws `StorageError` `bad_key` unless `isStorageKey`. */
export function checkStorageKey(key: string): void {
  if (!isStorageKey(key)) throw new StorageError("bad_key", "not a storage key");
}
