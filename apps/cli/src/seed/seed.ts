/**
 * Fills a workspace with the demo: one agent and the handbook. Running it twice leaves one of each; what a broken run
 * left half done is taken up again.
 *
 * @module
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AxonClient } from "@axon/client/client";
import { axonErrorOf } from "@axon/client/errors";
import { mimeOfName } from "@axon/client/mime";
import type { Agent } from "@axon/contracts/agents";
import type { Document } from "@axon/contracts/knowledge";
import { awaitDocument, findOrCreateSource, type Ingested, type IngestFile, ingestFiles } from "../ingest-files.ts";
import type { Step } from "../progress.ts";
import { demoAgent, demoSourceName } from "./agent.ts";

export type SeedProgress = { type: "step"; name: string; step: Step } | ({ type: "done"; kept: boolean } & Ingested);

export interface SeedOptions {
  /** The folder with the handbook's files. */
  handbookDir: string;
  onProgress?: ((progress: SeedProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface SeedResult {
  agentId: string;
  agentName: string;
  sourceId: string;
  documents: Ingested[];
}

const pagesMax = 20;

/** Gives the agent, the source and every document of the handbook; a document that failed is tried again by the next run. */
export async function seedDemo(client: AxonClient, options: SeedOptions): Promise<SeedResult> {
  const agent = await findOrCreateAgent(client);
  const source = await findOrCreateSource(client, demoSourceName);
  const present = await documentsOf(client, source.id);
  const handbook = await readHandbook(options.handbookDir);

  const watch = {
    signal: options.signal,
    onStep: (name: string, step: Step) => options.onProgress?.({ type: "step", name, step }),
    onDone: (result: Ingested) => options.onProgress?.({ type: "done", kept: false, ...result }),
  };
  const missing: IngestFile[] = [];
  const underWay: Document[] = [];
  const results = new Map<string, Ingested>();
  for (const file of handbook) {
    // The server tells a document's name and size, not its hash: an edit that keeps both is not noticed.
    const same = present.filter(({ name }) => name === file.name);
    const kept = same.find((document) => document.bytes === file.bytes && document.status !== "failed" && document.status !== "uploading");
    for (const stale of same) if (stale !== kept) await client.api.knowledge.documents.delete.mutate({ documentId: stale.id });
    if (!kept) missing.push(file);
    else if (kept.status !== "ready") underWay.push(kept);
    else results.set(file.name, { name: file.name, documentId: kept.id, status: "ready", chunks: kept.chunkCount, error: null });
  }
  for (const result of results.values()) options.onProgress?.({ type: "done", kept: true, ...result });
  const [made, awaited] = await Promise.all([
    ingestFiles(client, source.id, missing, watch),
    Promise.all(
      underWay.map(async ({ id, name }) => {
        const result = await awaitDocument(client, name, id, watch);
        watch.onDone(result);
        return result;
      }),
    ),
  ]);
  for (const result of [...made, ...awaited]) results.set(result.name, result);
  return {
    agentId: agent.id,
    agentName: agent.name,
    sourceId: source.id,
    documents: handbook.flatMap(({ name }) => results.get(name) ?? []),
  };
}

async function findOrCreateAgent(client: AxonClient): Promise<Agent> {
  const find = async () => {
    let cursor: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const { items, nextCursor } = await client.api.agents.list.query({ limit: 100, cursor });
      const found = items.find(({ name, status }) => name === demoAgent.name && status !== "archived");
      if (found || nextCursor === null) return found;
      cursor = nextCursor;
    }
    return undefined;
  };
  const found = await find();
  if (found) return found;
  try {
    return await client.api.agents.create.mutate(demoAgent);
  } catch (cause) {
    const made = axonErrorOf(cause).code === "CONFLICT" ? await find() : undefined;
    if (made) return made;
    throw cause;
  }
}

async function documentsOf(client: AxonClient, sourceId: string): Promise<Document[]> {
  const documents: Document[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { items, nextCursor } = await client.api.knowledge.documents.list.query({ sourceId, limit: 100, cursor });
    documents.push(...items);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return documents;
}

async function readHandbook(folder: string): Promise<(IngestFile & { bytes: number })[]> {
  const names = (await readdir(folder)).sort();
  const files: (IngestFile & { bytes: number })[] = [];
  for (const name of names) {
    const mime = mimeOfName(name);
    if (mime === null) continue;
    const path = join(folder, name);
    files.push({ name, mime, bytes: (await stat(path)).size, read: () => readFile(path) });
  }
  return files;
}
