/**
 * Files into a source: uploaded a few at a time, each watched until it can be searched or has failed.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { axonErrorOf, isAxonTrouble } from "@axon/client/errors";
import type { Source } from "@axon/contracts/sources";
import type { Step } from "./progress.ts";

export interface Ingested {
  name: string;
  documentId: string | null;
  status: "ready" | "failed";
  chunks: number;
  error: { code: string; message: string } | null;
}

export interface IngestFile {
  name: string;
  mime: string;
  read(): Promise<Uint8Array>;
}

export interface IngestWatch {
  onStep(name: string, step: Step): void;
  onDone(result: Ingested): void;
  signal?: AbortSignal | undefined;
}

/** Files on their way at one time; the server reads only a few at once anyway. */
const parallelMax = 4;
/** Sources that are looked through for a name. */
const sourcesMax = 1_000;

/** Ingests every file; one that fails does not stop the others. Results come in the order of `files`. */
export async function ingestFiles(
  client: AxonClient,
  sourceId: string,
  files: readonly IngestFile[],
  watch: IngestWatch,
): Promise<Ingested[]> {
  const results: Ingested[] = new Array(files.length);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < files.length; index = next++) {
      const file = files[index];
      if (!file) return;
      const result = await ingestOne(client, sourceId, file, watch);
      results[index] = result;
      watch.onDone(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelMax, files.length) }, work));
  return results;
}

async function ingestOne(client: AxonClient, sourceId: string, file: IngestFile, watch: IngestWatch): Promise<Ingested> {
  watch.onStep(file.name, { status: "uploading", done: 0, total: 0 });
  let documentId: string | null = null;
  try {
    const bytes = await file.read();
    documentId = (await client.uploadDocument({ sourceId, name: file.name, mime: file.mime, bytes })).documentId;
    return await awaitDocument(client, file.name, documentId, watch);
  } catch (cause) {
    if (!isAxonTrouble(cause)) {
      const message = cause instanceof Error ? cause.message : String(cause);
      return { name: file.name, documentId, status: "failed", chunks: 0, error: { code: "unreadable", message } };
    }
    const error = axonErrorOf(cause);
    // Nothing else will get through either: no server, or no right to it.
    if (error.code === "UNAUTHORIZED" || error.reason === "aborted") throw error;
    return { name: file.name, documentId, status: "failed", chunks: 0, error: { code: error.reason, message: error.message } };
  }
}

/** Pages of the web: each fetched by the server and watched like a file. Results come in the order of `urls`. */
export async function ingestUrls(client: AxonClient, sourceId: string, urls: readonly string[], watch: IngestWatch): Promise<Ingested[]> {
  const results: Ingested[] = [];
  for (const url of urls) {
    watch.onStep(url, { status: "uploading", done: 0, total: 0 });
    const result = await ingestUrl(client, sourceId, url, watch);
    results.push(result);
    watch.onDone(result);
  }
  return results;
}

async function ingestUrl(client: AxonClient, sourceId: string, url: string, watch: IngestWatch): Promise<Ingested> {
  try {
    const { id } = await client.api.knowledge.documents.addUrl.mutate({ sourceId, url });
    return await awaitDocument(client, url, id, watch);
  } catch (cause) {
    if (!isAxonTrouble(cause)) throw cause;
    const error = axonErrorOf(cause);
    if (error.code === "UNAUTHORIZED" || error.reason === "aborted") throw error;
    return { name: url, documentId: null, status: "failed", chunks: 0, error: { code: error.reason, message: error.message } };
  }
}

/** Waits for a document that is already on its way. */
export async function awaitDocument(client: AxonClient, name: string, documentId: string, watch: IngestWatch): Promise<Ingested> {
  const document = await client.waitForDocument(documentId, {
    signal: watch.signal,
    onProgress: (progress) => watch.onStep(name, progress),
  });
  return { name, documentId, status: document.status === "ready" ? "ready" : "failed", chunks: document.chunkCount, error: document.error };
}

/** The source with this name or id, made when there is none of this name. */
export async function findOrCreateSource(client: AxonClient, wanted: string): Promise<Source> {
  const find = async () => {
    let cursor: string | undefined;
    for (let seen = 0; seen < sourcesMax; ) {
      const page = await client.api.knowledge.sources.list.query({ limit: 100, cursor });
      const found = page.items.find(({ id, name }) => id === wanted || name === wanted);
      if (found || page.nextCursor === null) return found;
      seen += page.items.length;
      cursor = page.nextCursor;
    }
    return undefined;
  };
  const found = await find();
  if (found) return found;
  try {
    return await client.api.knowledge.sources.create.mutate({ kind: "file", name: wanted });
  } catch (cause) {
    // Somebody made it in this very moment.
    const made = axonErrorOf(cause).code === "CONFLICT" ? await find() : undefined;
    if (made) return made;
    throw cause;
  }
}
