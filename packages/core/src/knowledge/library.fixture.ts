/**
 * What knowledge's tests read with: files in memory, a parser that follows a script, an embedder that counts.
 *
 * @module
 */
import { hashedVector } from "@axon/ai/local/embed";
import type { Embedder } from "@axon/ai/provider";
import type { Block } from "@axon/contracts/blocks";
import type { Document } from "@axon/contracts/knowledge";
import type { Web } from "@axon/contracts/web";
import { outbox } from "@axon/db/schema/engine";
import { chunk, document } from "@axon/db/schema/knowledge";
import { withEngine } from "@axon/db/transaction";
import { asc, eq, sql } from "drizzle-orm";
import type { InWorkspace } from "../context.ts";
import type { Scene } from "../scene.fixture.ts";
import type { FileStore, IngestDeps, ParseFile } from "./deps.ts";
import { addText, createSource, getDocument, ingestDocument } from "./index.ts";

/** A failure with a code, as the real parts throw them. */
export class CodedError extends Error {
  readonly code: string;
  constructor(name: string, code: string) {
    super(`${name} ${code}`);
    this.name = name;
    this.code = code;
  }
}

/** Files by key; `head`, `read` and `remove` as a real store does them. */
export function memoryFiles(): FileStore & { kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    presignPut: async ({ key, mime }) => ({ url: `https://files.test/${key}`, method: "PUT", headers: { "content-type": mime } }),
    head: async (key) => {
      const bytes = kept.get(key);
      return bytes ? { bytes: bytes.length } : null;
    },
    read: async (key, bytesMax) => {
      const bytes = kept.get(key);
      if (!bytes) throw new CodedError("StorageError", "missing");
      if (bytes.length > bytesMax) throw new CodedError("StorageError", "too_large");
      return bytes;
    },
    write: async (key, bytes) => void kept.set(key, bytes),
    remove: async (keys) => {
      for (const key of keys) kept.delete(key);
    },
  };
}

/** Takes two texts at once and keeps each of a document that it was given. `before` runs before a batch is embedded. */
export function countingEmbedder(before: (batch: readonly string[]) => void | Promise<void> = () => {}): Embedder & { texts: string[] } {
  const texts: string[] = [];
  return {
    id: "counting:1",
    dimensions: 1536,
    batchMax: 2,
    texts,
    embed: async (batch, { kind, signal }) => {
      await before(batch);
      signal?.throwIfAborted();
      if (kind === "document") texts.push(...batch);
      return batch.map((text) => hashedVector(text));
    },
  };
}

/** Every line is a section of its own, and so a chunk of its own. */
export const parseLines: ParseFile = async ({ bytes }) => ({
  title: null,
  blocks: new TextDecoder()
    .decode(bytes)
    .split("\n")
    .flatMap((line, position): Block[] => [
      { kind: "heading", level: 1, text: `Section ${position + 1}` },
      { kind: "paragraph", text: line },
    ]),
});

export interface Library extends IngestDeps {
  files: ReturnType<typeof memoryFiles>;
  embedder: ReturnType<typeof countingEmbedder>;
}

/** For tests that ask for nothing on the web. */
export const noWeb: Web = {
  check: () => {},
  linksOf: () => [],
  visit: () => {
    throw new Error("nothing on the web was to be asked for");
  },
};

export function openLibrary(scene: Scene, change: Partial<Pick<Library, "embedder" | "parse" | "files" | "web">> = {}): Library {
  const { inWorkspace, auth } = scene;
  const parts = { files: memoryFiles(), embedder: countingEmbedder(), parse: parseLines };
  return { inWorkspace, ...parts, embedderOf: () => null, web: noWeb, limits: auth.limits, ...change };
}

export async function newSource(scene: Scene, workspaceId: string): Promise<string> {
  return (await scene.inWorkspace(workspaceId, (ws) => createSource(ws, { kind: "text", name: "Shelf" }))).id;
}

/** A text that waits to be ingested. */
export async function queuedText(scene: Scene, library: Library, workspaceId: string, text: string, name = "Notes"): Promise<Document> {
  const sourceId = await newSource(scene, workspaceId);
  return addText(library, workspaceId, { sourceId, name, text, mime: "text/plain" });
}

/** Runs the ingest job as a worker would. */
export function ingest(
  library: IngestDeps,
  workspaceId: string,
  documentId: string,
  { lastAttempt = false, signal = new AbortController().signal } = {},
): Promise<void> {
  return ingestDocument(library, { workspaceId, documentId }, { signal, lastAttempt });
}

export function documentOf(scene: Scene, workspaceId: string, documentId: string): Promise<Document> {
  return scene.inWorkspace(workspaceId, (ws) => getDocument(ws, documentId));
}

/** Every chunk there is of a document, of whatever version. */
export function chunksOf(scene: Scene, workspaceId: string, documentId: string) {
  return scene.inWorkspace(workspaceId, (ws) =>
    ws.tx
      .select({ ordinal: chunk.ordinal, text: chunk.text, version: chunk.version, embedder: chunk.embedder })
      .from(chunk)
      .where(eq(chunk.documentId, documentId))
      .orderBy(asc(chunk.ordinal)),
  );
}

/**
 * The same doors, through which a worker goes until it dies: in transaction number `at` (from 1), before or after its
 * commit. From then on it gets nothing done.
 */
export function dyingAt(inWorkspace: InWorkspace, at: number, when: "before" | "after"): { inWorkspace: InWorkspace; count(): number } {
  let count = 0;
  return {
    count: () => count,
    inWorkspace: async (workspaceId, verb) => {
      count += 1;
      if (count > at) throw new Error("the worker is dead");
      const dies = count === at;
      const given = await inWorkspace(workspaceId, async (ws) => {
        const result = await verb(ws);
        if (dies && when === "before") throw new Error("the worker died");
        return result;
      });
      if (dies) throw new Error("the worker died");
      return given;
    },
  };
}

/** What time does to the lease of a dead worker. */
export async function expireLease(scene: Scene, workspaceId: string, documentId: string): Promise<void> {
  await scene.inWorkspace(workspaceId, async ({ tx }) => {
    await tx.update(document).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(document.id, documentId));
  });
}

/** The jobs that wait to be queued, oldest first. */
export async function outboxOf(
  scene: Scene,
  workspaceId: string,
): Promise<{ key: string; name: string; payload: Record<string, unknown> }[]> {
  return withEngine(scene.database, (tx) =>
    tx
      .select({ key: outbox.key, name: outbox.name, payload: outbox.payload })
      .from(outbox)
      .where(eq(outbox.workspaceId, workspaceId))
      .orderBy(asc(outbox.id)),
  );
}
