/**
 * The slow things that knowledge needs, as the small functions it calls. `apps/*` hands in the real ones.
 *
 * @module
 */
import type { Embedder } from "@axon/ai/provider";
import type { Block } from "@axon/contracts/blocks";
import type { Limits } from "@axon/contracts/limits";
import type { Web } from "@axon/contracts/web";
import type { InWorkspace } from "../context.ts";

/** Where files lie. Keys are made here: `<workspace>/<document>/<version>`. */
export interface FileStore {
  presignPut(upload: {
    key: string;
    mime: string;
    bytes: number;
    expiresInSeconds: number;
  }): Promise<{ url: string; method: "PUT"; headers: Record<string, string> }>;
  /** null when nothing lies there. */
  head(key: string): Promise<{ bytes: number } | null>;
  /** Throws a `StorageError` with code `too_large` (more than `bytesMax`) or `missing`; anything else is an outage. */
  read(key: string, bytesMax: number): Promise<Uint8Array>;
  write(key: string, bytes: Uint8Array, mime: string): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

/** Reads a file's text. Throws an error whose `code` is a `DocumentErrorCode` when the file is the reason. */
export type ParseFile = (
  file: { bytes: Uint8Array; mime: string; name: string },
  options: { signal: AbortSignal },
) => Promise<{ title: string | null; blocks: Block[] }>;

export interface KnowledgeDeps {
  inWorkspace: InWorkspace;
  files: FileStore;
  embedder: Embedder;
  /** The embedder with this id, also one that was in force before; null when this process can't make it. */
  embedderOf(id: string): Embedder | null;
  web: Web;
  limits: Limits;
}

export interface IngestDeps extends KnowledgeDeps {
  parse: ParseFile;
}

/** What reading a document takes of it. */
export type ReadingDeps = Pick<IngestDeps, "inWorkspace" | "files" | "web" | "embedder" | "embedderOf" | "parse">;
