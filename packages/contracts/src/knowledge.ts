/**
 * Sources, documents, chunks: what an agent may answer from, and how a document gets there.
 *
 * @module
 */
import { z } from "zod";
import { droppedPassage, passage } from "./answers.ts";
import { idempotencyKey, pageInput } from "./common.ts";

/** Largest upload, in bytes. */
export const uploadBytesMax = 50 * 1024 * 1024;
/** How long the place to upload to stays open, in seconds. */
export const uploadSecondsMax = 3600;
/** Longest text that `documents.addText` takes, in characters. */
export const addTextCharsMax = 1_000_000;

export const sourceKinds = ["file", "text"] as const;
export const createSourceInput = z.object({ kind: z.enum(sourceKinds), name: z.string().trim().min(1).max(120), idempotencyKey });
export const sourceRef = z.object({ sourceId: z.uuid() });
export const listSourcesInput = pageInput;
export const source = z.object({
  id: z.uuid(),
  kind: z.enum(sourceKinds),
  name: z.string(),
  documentCount: z.int(),
  createdAt: z.string(),
});
export type Source = z.infer<typeof source>;

/** `uploading` until the bytes are there; the rest is the state machine of ingestion. */
export const documentStatuses = ["uploading", "queued", "parsing", "chunking", "embedding", "ready", "failed"] as const;
export type DocumentStatus = (typeof documentStatuses)[number];

/** Why a document could not be made searchable. */
export const documentErrorCodes = [
  "empty",
  "no_text",
  "encrypted",
  "invalid",
  "rejected",
  "unsupported_type",
  "too_large",
  "timeout",
  "out_of_memory",
  "upload_missing",
  "embedding_failed",
  "internal",
] as const;
export type DocumentErrorCode = (typeof documentErrorCodes)[number];

/** The file types that parsing understands, and the endings that stand for them. */
export const documentMimes = {
  "application/pdf": ["pdf"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "text/html": ["html", "htm"],
  "text/markdown": ["md", "markdown"],
  "text/plain": ["txt", "text"],
  "text/csv": ["csv"],
} as const satisfies Record<string, readonly string[]>;
export type DocumentMime = keyof typeof documentMimes;
export const documentMime = z.enum(Object.keys(documentMimes) as [DocumentMime, ...DocumentMime[]]); // safe: keys of a literal

const documentName = z.string().trim().min(1).max(255);
export const createUploadInput = z.object({
  sourceId: z.uuid(),
  name: documentName,
  mime: z.string().min(1).max(200),
  bytes: z.int().min(0).max(uploadBytesMax),
  idempotencyKey,
});
export const createUploadOutput = z.object({
  documentId: z.uuid(),
  url: z.string(),
  method: z.literal("PUT"),
  headers: z.record(z.string(), z.string()),
});
export const addTextInput = z.object({
  sourceId: z.uuid(),
  name: documentName,
  text: z.string().min(1).max(addTextCharsMax),
  /** How the text is to be read. */
  mime: z.enum(["text/plain", "text/markdown"]).default("text/plain"),
  idempotencyKey,
});
export const documentRef = z.object({ documentId: z.uuid() });
export const listDocumentsInput = pageInput.extend({ sourceId: z.uuid().optional(), status: z.enum(documentStatuses).optional() });
export const listChunksInput = pageInput.extend({ documentId: z.uuid() });

export const document = z.object({
  id: z.uuid(),
  sourceId: z.uuid(),
  name: z.string(),
  mime: z.string(),
  bytes: z.int(),
  status: z.enum(documentStatuses),
  progress: z.object({ done: z.int(), total: z.int() }),
  error: z.object({ code: z.enum(documentErrorCodes), message: z.string() }).nullable(),
  chunkCount: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Document = z.infer<typeof document>;

export const chunk = z.object({
  id: z.uuid(),
  ordinal: z.int(),
  headingPath: z.array(z.string()),
  text: z.string(),
  page: z.int().nullable(),
});
export type Chunk = z.infer<typeof chunk>;

export const searchInput = z.object({
  query: z.string().trim().min(1).max(4000),
  agentId: z.uuid().optional(),
  sourceIds: z.array(z.uuid()).max(100).optional(),
  limit: z.int().min(1).max(50).default(8),
});
export const searchOutput = z.object({ items: z.array(passage), dropped: z.array(droppedPassage) });
export type SearchOutput = z.infer<typeof searchOutput>;

export const onProgressInput = z.object({ documentId: z.uuid().optional(), lastEventId: z.string().max(200).optional() });
