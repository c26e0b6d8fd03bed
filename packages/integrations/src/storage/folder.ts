/**
 * Files in a folder of this machine, for when there is no object store: the same port, with upload links of our own.
 *
 * Serves no HTTP: the server's upload route hands each request to `acceptUpload`.
 *
 * @module
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import { codeOf, openFolder } from "./folder-files.ts";
import { checkStorageKey, checkStoragePrefix, isStorageKey, type Storage, StorageError } from "./port.ts";
import { signUpload, type UploadTerms, verifyUpload } from "./upload-signature.ts";

export interface FolderOptions {
  /** Made when first needed. */
  dir: string;
  /** Where clients reach the server, such as `http://127.0.0.1:3001`. */
  baseUrl: string;
  /** What upload links are signed with. */
  secret: string;
}

export interface IncomingUpload {
  /** The path of the request after `/uploads/`, as it is. */
  key: string;
  query: Record<string, unknown>;
  /** As the headers say; null when they do not. */
  contentLength: number | null;
  contentType: string | null;
  body: AsyncIterable<Uint8Array>;
}

export type UploadRefusalReason =
  | "bad_signature"
  | "expired"
  | "wrong_type"
  | "wrong_size"
  | "too_large"
  | "already_uploaded"
  | "interrupted";
export type UploadOutcome = { ok: true } | { ok: false; status: 400 | 403 | 409 | 413; reason: UploadRefusalReason };

export interface FolderStorage extends Storage {
  /**
   * Takes the bytes of one upload link, or refuses and leaves nothing. A link works once: the first upload that arrives
   * whole stays, another is `already_uploaded` (so for whoever lost the first answer, that is good news). A refusal leaves
   * the rest of the body unread, so the connection cannot be used again.
   */
  acceptUpload(upload: IncomingUpload): Promise<UploadOutcome>;
}

/** Storage under `dir`. Several processes of one machine may share it. */
export function createFolderStorage({ dir, baseUrl, secret }: FolderOptions): FolderStorage {
  const files = openFolder(dir);
  const head = async (key: string) => {
    checkStorageKey(key);
    const found = await orMissing(stat(files.pathOf(key)));
    return found?.isFile() ? { bytes: found.size } : null;
  };
  return {
    head,
    async presignPut({ key, mime, bytes, expiresInSeconds }) {
      checkStorageKey(key);
      const expires = Math.max(0, Math.ceil(Date.now() / 1000) + expiresInSeconds);
      const query = signUpload({ key, bytes, mime, expires }, secret);
      return { url: `${baseUrl.replace(/\/+$/, "")}/uploads/${key}?${query}`, method: "PUT", headers: { "content-type": mime } };
    },
    async acceptUpload(upload) {
      const terms = isStorageKey(upload.key) ? verifyUpload(upload.key, upload.query, secret) : null;
      if (!terms) return refuse(403, "bad_signature");
      const refusal = refusalOf(upload, terms) ?? ((await head(terms.key)) && refuse(409, "already_uploaded"));
      if (refusal) return refusal;
      let poured: UploadOutcome = { ok: true };
      const placed = await files.place(terms.key, false, async (file) => {
        poured = await pour(upload.body, file, terms.bytes);
        return poured.ok;
      });
      return placed === "taken" ? refuse(409, "already_uploaded") : poured;
    },
    async read(key, bytesMax) {
      checkStorageKey(key);
      const file = await orMissing(open(files.pathOf(key), "r"));
      if (!file) throw new StorageError("missing", "no such file");
      try {
        const found = await file.stat();
        if (!found.isFile()) throw new StorageError("missing", "no such file");
        if (found.size > bytesMax) throw new StorageError("too_large", `the file is larger than ${bytesMax} bytes`);
        return await file.readFile();
      } finally {
        await file.close();
      }
    },
    async stream(key) {
      checkStorageKey(key);
      const file = await orMissing(open(files.pathOf(key), "r"));
      if (!file) throw new StorageError("missing", "no such file");
      const found = await file.stat().catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      // Closes the file when it ends or is destroyed.
      if (found.isFile()) return { bytes: found.size, body: file.createReadStream() };
      await file.close();
      throw new StorageError("missing", "no such file");
    },
    async write(key, bytes) {
      checkStorageKey(key);
      await files.place(key, true, async (file) => {
        await file.writeFile(bytes);
        return true;
      });
    },
    async list(prefix, max) {
      checkStoragePrefix(prefix);
      return files.list(prefix, max);
    },
    async remove(keys) {
      for (const key of keys) checkStorageKey(key);
      for (const key of keys) await files.remove(key);
    },
  };
}

/** What can be told from the head of a request. */
function refusalOf({ contentLength, contentType }: IncomingUpload, { bytes, mime, expires }: UploadTerms): UploadOutcome | null {
  if (Date.now() / 1000 >= expires) return refuse(403, "expired");
  if (essence(contentType ?? "") !== essence(mime)) return refuse(400, "wrong_type");
  if (contentLength === null || contentLength === bytes) return null;
  return contentLength > bytes ? refuse(413, "too_large") : refuse(400, "wrong_size");
}

/** Browsers may add a charset of their own to a type. */
function essence(mime: string): string {
  return (mime.split(";")[0] ?? "").trim().toLowerCase();
}

/** Writes exactly `bytes` bytes of `body` to `file`; never one more. Throws only when the disk fails. */
async function pour(body: AsyncIterable<Uint8Array>, file: FileHandle, bytes: number): Promise<UploadOutcome> {
  // By hand: leaving a for-await loop would destroy the request before it could be answered.
  const chunks = body[Symbol.asyncIterator]();
  let taken = 0;
  while (true) {
    const next = await chunks.next().catch(() => null);
    if (!next) return refuse(400, "interrupted");
    if (next.done) return taken === bytes ? { ok: true } : refuse(400, "wrong_size");
    taken += next.value.byteLength;
    if (taken > bytes) return refuse(413, "too_large");
    await file.writeFile(next.value); // Goes on where the last one ended.
  }
}

function refuse(status: 400 | 403 | 409 | 413, reason: UploadRefusalReason): UploadOutcome {
  return { ok: false, status, reason };
}

async function orMissing<Found>(asked: Promise<Found>): Promise<Found | null> {
  try {
    return await asked;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  }
}
