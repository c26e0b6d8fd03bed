/**
 * Where files go.
 *
 * @module
 */
import type { Env } from "@axon/config/env";
import { createFolderStorage } from "@axon/integrations/storage/folder";
import { createS3Storage } from "@axon/integrations/storage/s3";
import type { Parts } from "./parts.ts";

/** An S3-compatible store when one is set, a folder of ours otherwise. `close` ends its connections. */
export function createFiles(env: Pick<Env, "storage" | "http">): Pick<Parts, "files" | "acceptUpload"> & { close(): void } {
  const { storage } = env;
  if (storage.kind === "folder") {
    const folder = createFolderStorage({ dir: storage.path, baseUrl: env.http.baseUrl, secret: storage.uploadSecret });
    return { files: folder, acceptUpload: folder.acceptUpload, close: () => {} };
  }
  const { bucket, endpoint, region, credentials, pathStyle } = storage;
  const s3 = createS3Storage({ bucket, endpoint, region, credentials, forcePathStyle: pathStyle });
  return { files: s3, acceptUpload: null, close: () => s3.close() };
}
