/**
 * Sources, documents, chunks: what an agent may answer from, and how a document gets there.
 *
 * @module
 */
import { z } from "zod";
import { passage } from "./answers.ts";
import { idempotencyKey, pageInput } from "./common.ts";
import { webErrorCodes } from "./web.ts";

/** Largest upload, in bytes. */
export const uploadBytesMax = 50 * 1024 * 1024;
/** How long the place to upload to stays open, in seconds. */
export const uploadSecondsMax = 3600;
/** Longest text that `documents.addText` takes, in characters. */
export const addTextCharsMax = 1_000_000;

export const sourceKinds = ["file", "text", "url", "sitemap", "faq"] as const;
/** Whom a text is for: customers too, or only those who work here. */
export const audiences = ["public", "internal"] as const;
export type Audience = (typeof audiences)[number];
export const syncStates = ["idle", "queued", "syncing", "failed"] as const;

/** `uploading` until the bytes are there; the rest is the state machine of ingestion. */
export const documentStatuses = ["uploading", "queued", "parsing", "chunking", "embedding", "ready", "failed"] as const;
export type DocumentStatus = (typeof documentStatuses)[number];

/** The steps of reading, as `status` names them while they are under way: where a document failed, and where it is taken up again. */
export const ingestSteps = ["parsing", "chunking", "embedding"] as const;
export type IngestStep = (typeof ingestSteps)[number];

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
  "plan_limit",
  "internal",
  ...webErrorCodes,
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

/** A language tag such as `en` or `pt-BR`. */
export const languageTag = z
  .string()
  .trim()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, "must be a language tag such as en or pt-BR");
/** What a text is about, in the workspace's own words. */
export const labelList = z
  .array(z.string().trim().min(1).max(60))
  .max(20)
  .transform((all) => [...new Set(all)]);
const documentName = z.string().trim().min(1).max(255);
export const createUploadInput = z.object({
  sourceId: z.uuid(),
  name: documentName,
  mime: z.string().min(1).max(200),
  bytes: z.int().min(0).max(uploadBytesMax),
  /** A document of this source whose file this is to take the place of; what it says stays searchable until then. */
  replaces: z.uuid().optional(),
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
/** Another text in the place of a document's own; it keeps its name and type unless others are given. */
export const updateTextInput = z.object({
  documentId: z.uuid(),
  text: z.string().min(1).max(addTextCharsMax),
  name: documentName.optional(),
  mime: z.enum(["text/plain", "text/markdown"]).optional(),
});
/** What is left out stays as it is. */
export const updateDocumentInput = z.object({
  documentId: z.uuid(),
  name: documentName.optional(),
  audience: z.enum(audiences).optional(),
  locale: languageTag.nullable().optional(),
  labels: labelList.optional(),
});
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
  /** The step at which it failed, and where `documents.reprocess` takes it up again as far as that can be done. */
  failedStep: z.enum(ingestSteps).nullable(),
  attempts: z.int(),
  version: z.int(),
  uri: z.string().nullable(),
  audience: z.enum(audiences),
  locale: z.string().nullable(),
  labels: z.array(z.string()),
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
  /** What the customer had said before: follow-ups lean on it. */
  previous: z.string().trim().min(1).max(4000).optional(),
  /** Search as this agent does when it answers a customer; what else is said about where to look is not heeded then. */
  agentId: z.uuid().optional(),
  sourceIds: z.array(z.uuid()).max(100).optional(),
  /** `public`: only what customers may read. */
  audience: z.enum(["public", "all"]).optional(),
  /** Only texts of this language, and those of none. */
  locale: languageTag.optional(),
  /** Only texts that bear at least one of these. */
  labels: z.array(z.string().trim().min(1).max(60)).max(20).optional(),
  limit: z.int().min(1).max(50).default(8),
});

/** Where a passage stands in each of the two rankings, from 1; null where it was not among the first hundred. */
const legRanks = z.object({ vector: z.int().nullable(), text: z.int().nullable() });
/** A lexeme of the question in a passage: how often it stands there, and what that adds to the text score. */
const matchedLexeme = z.object({ lexeme: z.string(), times: z.int(), contribution: z.number() });
export const foundPassage = passage.extend({
  sourceId: z.uuid(),
  /** Where a person can read the document; null for what lies nowhere else. */
  uri: z.string().nullable(),
  audience: z.enum(audiences),
  locale: z.string().nullable(),
  labels: z.array(z.string()),
  ranks: legRanks,
  matched: z.array(matchedLexeme),
});
export type FoundPassage = z.infer<typeof foundPassage>;

/** Why a passage that was found is not among the results. The last five: it is not searched at all by who asks. */
export const searchDropReasons = [
  "below_floor",
  "over_limit",
  "token_budget",
  "other_source",
  "filtered_audience",
  "filtered_locale",
  "filtered_label",
  "not_searchable",
] as const;
export type SearchDropReason = (typeof searchDropReasons)[number];
export const droppedFromSearch = foundPassage
  .pick({ chunkId: true, documentId: true, sourceId: true, title: true, score: true, scores: true, ranks: true })
  .extend({ reason: z.enum(searchDropReasons) });
export type DroppedFromSearch = z.infer<typeof droppedFromSearch>;

/** How the search was made: with these, and the passages' own numbers, every fused score can be worked out by hand. */
export const searchExplanation = z.object({
  /** `exact`: every passage was compared. `indexed`: a big workspace, searched through its indexes. */
  path: z.enum(["exact", "indexed"]),
  /** Who made the question's vector; passages with vectors of another are found by their words alone. */
  embedder: z.string(),
  /** Shares in the fused score: `text` of the text score as a part of `textScoreMax`, `vector` of the cosine. */
  weights: z.object({ text: z.number(), vector: z.number() }),
  textScoreMax: z.number(),
  /** Passages that were searched. */
  chunks: z.int(),
  /** The question's lexemes: weight in the question, in how many passages it stands, and what one mention of it is worth. */
  lexemes: z.array(z.object({ lexeme: z.string(), weight: z.number(), chunks: z.int(), worth: z.number() })),
});
export const searchOutput = z.object({
  items: z.array(foundPassage),
  dropped: z.array(droppedFromSearch),
  explanation: searchExplanation,
  /** The approved answer that an agent would give instead of writing one. */
  approved: z.object({ answerId: z.uuid(), question: z.string(), text: z.string(), score: z.number() }).nullable(),
});
export type SearchOutput = z.infer<typeof searchOutput>;

export const onProgressInput = z.object({ documentId: z.uuid().optional(), lastEventId: z.string().max(200).optional() });

/** How this workspace's knowledge is searched. */
export const knowledgeSettings = z.object({
  /** Share of the text score in the rank, 0..1; null: as measured to be best (`measuredTextShare`). */
  textShare: z.number().min(0).max(1).nullable(),
  measuredTextShare: z.number(),
  /** Who makes the vectors that questions are compared with; null: the server's own. */
  embedder: z.string().nullable(),
  /** True when the workspace is big enough to be searched through indexes. */
  indexed: z.boolean(),
});
export type KnowledgeSettings = z.infer<typeof knowledgeSettings>;
export const updateKnowledgeSettingsInput = z.strictObject({ textShare: knowledgeSettings.shape.textShare });
