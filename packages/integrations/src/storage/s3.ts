/**
 * Files in a bucket of any S3-compatible store: AWS, R2, MinIO. Knows the S3 protocol and nothing of what the files are.
 *
 * @module
 */
import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { checkStorageKey, checkStoragePrefix, type Storage, StorageError } from "./port.ts";

export interface S3Options {
  bucket: string;
  /** Null for AWS itself. Clients upload to it directly, so they must be able to reach it by this name. */
  endpoint: string | null;
  /** Null: the machine's own role, found by the SDK. */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
  region: string;
  /** The bucket in the path instead of the host name, as most stores other than AWS want it. */
  forcePathStyle: boolean;
}

const connectTimeoutMs = 5_000;
/** Longest silence on a connection. */
const silenceTimeoutMs = 30_000;
const attemptsMax = 3;
const removesAtOnceMax = 8;

/** Storage over a bucket; `close` ends its idle connections. Throws what the SDK throws when the store fails. */
export function createS3Storage(options: S3Options): Storage & { close(): void } {
  const client = openClient(options);
  const Bucket = options.bucket;
  return {
    async presignPut({ key, mime, bytes, expiresInSeconds }) {
      checkStorageKey(key);
      const command = new PutObjectCommand({ Bucket, Key: key, ContentType: mime, ContentLength: bytes });
      // Signed, so that the store itself refuses another size or type.
      const signableHeaders = new Set(["content-length", "content-type", "host"]);
      const url = await getSignedUrl(client, command, { expiresIn: expiresInSeconds, signableHeaders });
      return { url, method: "PUT", headers: { "content-type": mime } };
    },
    async head(key) {
      checkStorageKey(key);
      const found = await orMissing(client.send(new HeadObjectCommand({ Bucket, Key: key })));
      return found && { bytes: found.ContentLength ?? 0 };
    },
    async read(key, bytesMax) {
      checkStorageKey(key);
      const found = await orMissing(client.send(new GetObjectCommand({ Bucket, Key: key })));
      if (!found) throw new StorageError("missing", "no such file");
      return readBody(found, bytesMax);
    },
    async stream(key) {
      checkStorageKey(key);
      const found = await orMissing(client.send(new GetObjectCommand({ Bucket, Key: key })));
      if (!found?.Body) throw new StorageError("missing", "no such file");
      return { bytes: found.ContentLength ?? 0, body: found.Body as Readable }; // safe: on Node the SDK gives a Readable
    },
    async write(key, bytes, mime) {
      checkStorageKey(key);
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: bytes, ContentType: mime, ContentLength: bytes.byteLength }));
    },
    async list(prefix, max) {
      checkStoragePrefix(prefix);
      const found = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: max }));
      return (found.Contents ?? []).flatMap(({ Key }) => Key ?? []);
    },
    async remove(keys) {
      for (const key of keys) checkStorageKey(key);
      // One by one: the bulk request wants a checksum, and stores disagree on which.
      for (let from = 0; from < keys.length; from += removesAtOnceMax) {
        const some = keys.slice(from, from + removesAtOnceMax);
        await Promise.all(some.map((key) => client.send(new DeleteObjectCommand({ Bucket, Key: key }))));
      }
    },
    close: () => client.destroy(),
  };
}

function openClient({ endpoint, credentials, region, forcePathStyle }: S3Options): S3Client {
  return new S3Client({
    ...(endpoint !== null && { endpoint }),
    region,
    forcePathStyle,
    ...(credentials !== null && { credentials }),
    // The SDK's own default adds checksums that R2 and older MinIO refuse, and that a presigned link could not know.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: attemptsMax,
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: silenceTimeoutMs },
  });
}

async function orMissing<Output>(sent: Promise<Output>): Promise<Output | null> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return null;
    throw error;
  }
}

/** Reads up to `bytesMax`, whatever length the store announced. */
async function readBody({ Body, ContentLength }: GetObjectCommandOutput, bytesMax: number): Promise<Uint8Array> {
  if (!Body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = ContentLength ?? 0;
  if (bytes <= bytesMax) {
    bytes = 0;
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      // safe: on Node the SDK gives a Readable
      bytes += chunk.byteLength;
      if (bytes > bytesMax) break;
      chunks.push(chunk);
    }
  }
  if (bytes > bytesMax) {
    (Body as { destroy?(): void }).destroy?.(); // safe: as above; the rest is not wanted
    throw new StorageError("too_large", `the file is larger than ${bytesMax} bytes`);
  }
  return Buffer.concat(chunks);
}
