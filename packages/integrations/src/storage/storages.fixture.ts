/**
 * Both storages, each behind a real HTTP port, so that one set of tests holds for either.
 *
 * @module
 */
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import { createFolderStorage, type FolderStorage } from "./folder.ts";
import type { Storage } from "./port.ts";
import { createS3Storage } from "./s3.ts";
import { openSignatureGate } from "./signature-gate.fixture.ts";

export interface OpenStorage {
  storage: Storage;
  close(): Promise<void>;
}

export interface OpenFolder extends OpenStorage {
  storage: FolderStorage;
  dir: string;
  /** Every file there is, temporary ones too, by path from `dir`. */
  list(): Promise<string[]>;
}

/** A store behind the real SDK, and before it a gate that checks links as a real store would. */
export async function openS3(): Promise<OpenStorage> {
  const directory = await mkdtemp(join(tmpdir(), "axon-s3-"));
  const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory, configureBuckets: [{ name: "axon", configs: [] }] });
  const gate = await openSignatureGate((await server.run()).port, "S3RVER");
  const storage = createS3Storage({
    bucket: "axon",
    endpoint: `http://127.0.0.1:${gate.port}`,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    region: "us-east-1",
    forcePathStyle: true,
  });
  return {
    storage,
    async close() {
      storage.close();
      await gate.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A folder, with an upload route such as the server's. */
export async function openFolderStorage(): Promise<OpenFolder> {
  const dir = await mkdtemp(join(tmpdir(), "axon-folder-"));
  let storage: FolderStorage | null = null;
  const server = createServer(async (request, response) => {
    const outcome = await storage?.acceptUpload(uploadOf(request));
    response.writeHead(outcome?.ok ? 200 : (outcome?.status ?? 500), { connection: "close" }).end(JSON.stringify(outcome));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  storage = createFolderStorage({ dir, baseUrl: `http://127.0.0.1:${port}`, secret: "a secret of some length" });
  return {
    storage,
    dir,
    async list() {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function uploadOf(request: IncomingMessage) {
  const url = new URL(request.url ?? "/", "http://here");
  const length = request.headers["content-length"];
  return {
    key: decodeURIComponent(url.pathname.slice("/uploads/".length)),
    query: Object.fromEntries(url.searchParams),
    contentLength: length === undefined ? null : Number(length),
    contentType: request.headers["content-type"] ?? null,
    body: request,
  };
}
