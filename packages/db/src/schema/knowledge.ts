/**
 * Sources, documents, what was read in them, and the chunks that are searched.
 *
 * @module
 */
import type { Block } from "@axon/contracts/blocks";
import { audiences, documentErrorCodes, documentStatuses, ingestSteps, sourceKinds, syncStates } from "@axon/contracts/knowledge";
import { pageStates, type SourceSettings, type SyncReport } from "@axon/contracts/sources";
import { sql } from "drizzle-orm";
import {
  boolean,
  doublePrecision,
  foreignKey,
  halfvec,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { engineRole, instant, tenantPolicy, tsvector, workspaceId } from "./columns.ts";
import { workspace } from "./workspaces.ts";

/** Length of every embedding; both providers give vectors of this size. */
export const embeddingDimensions = 1536;

export const knowledgeSource = pgTable(
  "knowledge_source",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    kind: text({ enum: sourceKinds }).notNull(),
    name: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    /** Where it comes from and how often it is looked at again; empty for files and texts. */
    settings: jsonb().$type<SourceSettings>().notNull().default({}),
    /** What its documents begin with: for whom they are, in which language, and what they are about. */
    audience: text({ enum: audiences }).notNull().default("public"),
    locale: text(),
    labels: text().array().notNull().default(sql`'{}'::text[]`),
    syncState: text({ enum: syncStates }).notNull().default("idle"),
    /** Which sync of it this is, or was the last; pages name the one that saw them. */
    sync: integer().notNull().default(0),
    /** When it is to be looked at next, and while it is looked at in the past; null: only when somebody asks. */
    syncDueAt: instant(),
    /** Who may write: a worker that holds an older token has been replaced. */
    syncLeaseToken: integer().notNull().default(0),
    syncLeaseUntil: instant(),
    /** Failures in a row; the wait before the next try grows with them. */
    syncFailures: integer().notNull().default(0),
    syncReport: jsonb().$type<SyncReport>(),
    lastSyncedAt: instant(),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    index("knowledge_source_due").on(t.syncDueAt).where(sql`sync_due_at is not null`),
    tenantPolicy("knowledge_source"),
    pgPolicy("knowledge_source_engine", { for: "select", to: engineRole, using: sql`sync_due_at is not null` }),
  ],
);

/** An address that a sync of its source has come upon, and what became of it. */
export const sourcePage = pgTable(
  "source_page",
  {
    workspaceId: workspaceId(),
    sourceId: uuid().notNull(),
    url: text().notNull(),
    /** The sync that saw it last; what an ended sync did not see is gone from the source. */
    sync: integer().notNull(),
    depth: integer().notNull().default(0),
    state: text({ enum: pageStates }).notNull().default("waiting"),
    /** Why it was skipped or failed. */
    reason: text(),
    /** Syncs in a row that did not find it any more. */
    misses: integer().notNull().default(0),
    documentId: uuid(),
    etag: text(),
    lastModified: text(),
    /** SHA-256 of the bytes as they were fetched. */
    contentHash: text(),
    checkedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.sourceId, t.url] }),
    foreignKey({ columns: [t.workspaceId, t.sourceId], foreignColumns: [knowledgeSource.workspaceId, knowledgeSource.id] }).onDelete(
      "cascade",
    ),
    tenantPolicy("source_page"),
  ],
);

/** Where a file lies that is to replace a document's, and what it was announced as. */
export interface PendingUpload {
  storageKey: string;
  name: string;
  mime: string;
  bytes: number;
}

/** A chunk that stays: its id, and what changes of it when the version is published. */
export interface KeptChunk {
  id: string;
  ordinal: number;
  page: number | null;
  /** When the document's title has changed: what it is now, the words as they are searched with it, and how many. */
  title?: string;
  lexemes?: string;
  length?: number;
}

export const document = pgTable(
  "document",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    sourceId: uuid().notNull(),
    name: text().notNull(),
    mime: text().notNull(),
    bytes: integer().notNull(),
    storageKey: text().notNull(),
    status: text({ enum: documentStatuses }).notNull(),
    done: integer().notNull().default(0),
    total: integer().notNull().default(0),
    errorCode: text({ enum: documentErrorCodes }),
    errorMessage: text(),
    /** The version being made; searchable once `publishedVersion` equals it. */
    version: integer().notNull().default(1),
    publishedVersion: integer(),
    chunkCount: integer().notNull().default(0),
    /** Who may write: a worker that holds an older token has been replaced. */
    leaseToken: integer().notNull().default(0),
    leaseUntil: instant(),
    attempts: integer().notNull().default(0),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
    /** Where a person can read it; one document for each address of a source. */
    uri: text(),
    /** SHA-256 of the bytes that were read last: the same bytes again are not read again. */
    contentHash: text(),
    audience: text({ enum: audiences }).notNull().default("public"),
    locale: text(),
    labels: text().array().notNull().default(sql`'{}'::text[]`),
    /** When its job was put on the queue; null while it waits for its workspace's turn, so that waiting is not taken for dead. */
    dispatchedAt: instant(),
    /** The step at which it failed. */
    failedStep: text({ enum: ingestSteps }),
    /** A file on its way that is to take the place of the one that is there. */
    pendingUpload: jsonb().$type<PendingUpload>(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.sourceId], foreignColumns: [knowledgeSource.workspaceId, knowledgeSource.id] }).onDelete(
      "cascade",
    ),
    index().on(t.workspaceId, t.sourceId, t.id),
    uniqueIndex("document_uri").on(t.workspaceId, t.sourceId, t.uri).where(sql`uri is not null`),
    // Whose turn it is, and how many of a workspace are under way.
    index("document_waiting").on(t.workspaceId, t.id).where(sql`status in ('queued', 'parsing', 'chunking', 'embedding')`),
    index("document_dispatched")
      .on(t.workspaceId)
      .where(sql`dispatched_at is not null and status in ('queued', 'parsing', 'chunking', 'embedding')`),
    // What the sweepers look for: the few documents that are on their way, and those whose bytes never came.
    index("document_uploading").on(t.updatedAt).where(sql`status = 'uploading'`),
    index("document_in_work").on(t.updatedAt).where(sql`status in ('queued', 'parsing', 'chunking', 'embedding')`),
    tenantPolicy("document"),
    pgPolicy("document_engine", { for: "select", to: engineRole, using: sql`status in ('queued', 'parsing', 'chunking', 'embedding')` }),
    pgPolicy("document_engine_uploads", { for: "select", to: engineRole, using: sql`status = 'uploading'` }),
  ],
);

/** What parsing found in one version of a document, kept until it is published so that no step is done twice. */
export const documentContent = pgTable(
  "document_content",
  {
    workspaceId: workspaceId(),
    documentId: uuid().notNull(),
    version: integer().notNull(),
    title: text(),
    blocks: jsonb().$type<Block[]>().notNull(),
    /** What becomes of the chunks that this version has in common with the one before; null until it is cut. */
    kept: jsonb().$type<KeptChunk[]>(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.documentId, t.version] }),
    foreignKey({ columns: [t.workspaceId, t.documentId], foreignColumns: [document.workspaceId, document.id] }).onDelete("cascade"),
    tenantPolicy("document_content"),
  ],
);

export const chunk = pgTable(
  "chunk",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    documentId: uuid().notNull(),
    sourceId: uuid().notNull(),
    version: integer().notNull(),
    ordinal: integer().notNull(),
    /** Set for a whole version at once when it is published, so that a search need not look at documents. */
    searchable: boolean().notNull().default(false),
    title: text().notNull(),
    headingPath: text().array().notNull(),
    text: text().notNull(),
    page: integer(),
    /** SHA-256 of what is embedded: the same text again costs no embedding. */
    hash: text().notNull(),
    lexemes: tsvector().notNull(),
    /** How many lexemes there are, repetitions counted: BM25's document length. */
    length: integer().notNull(),
    embedding: halfvec({ dimensions: embeddingDimensions }),
    /** Which embedder made the vector; vectors of different embedders are never compared. */
    embedder: text(),
    /** Which of the chunks with this hash in its document it is, from 0: with the hash it names the chunk over all versions. */
    occurrence: integer().notNull().default(0),
    audience: text({ enum: audiences }).notNull().default("public"),
    locale: text(),
    labels: text().array().notNull().default(sql`'{}'::text[]`),
    /** True for chunks of big workspaces, which are in the vector index; the others are searched exactly. */
    indexed: boolean().notNull().default(false),
    /** From when to when it could be found; kept a while after that, so that an old answer can be made again. */
    publishedAt: instant(),
    retiredAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.documentId], foreignColumns: [document.workspaceId, document.id] }).onDelete("cascade"),
    index().on(t.workspaceId, t.documentId, t.ordinal),
    index().on(t.workspaceId, t.hash),
    index("chunk_retired").on(t.retiredAt).where(sql`retired_at is not null`),
    // An exact search goes through one of these two, whatever it is narrowed to; the others hold big workspaces only.
    index("chunk_searched").on(t.workspaceId, t.sourceId).where(sql`searchable`),
    index("chunk_not_indexed").on(t.workspaceId).where(sql`searchable and not indexed`),
    // So dense a graph finds 98 of 100 nearest neighbours among 100,000; the default finds 91 and is built in a fifth of the time.
    index("chunk_near")
      .using("hnsw", t.embedding.op("halfvec_cosine_ops"))
      .with({ m: 28, ef_construction: 200 })
      .where(sql`indexed and searchable`),
    // Read through the view `chunk_words` only (a migration has it): `@@` may not be pushed below this table's own fence.
    index("chunk_by_word").using("gin", t.lexemes).where(sql`indexed and searchable`),
    tenantPolicy("chunk"),
    pgPolicy("chunk_engine", { for: "select", to: engineRole, using: sql`retired_at is not null` }),
  ],
);

/** In how many chunks of a big workspace a lexeme stood when it was last counted; those that are rare are not kept. */
export const lexemeFrequency = pgTable(
  "lexeme_frequency",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    lexeme: text().notNull(),
    chunks: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.lexeme] }), tenantPolicy("lexeme_frequency")],
);

/** Vectors of the embedder that is to come, until the workspace has changed over to it and they have moved into the chunks. */
export const chunkNextVector = pgTable(
  "chunk_next_vector",
  {
    workspaceId: workspaceId(),
    chunkId: uuid().notNull(),
    embedder: text().notNull(),
    embedding: halfvec({ dimensions: embeddingDimensions }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.chunkId] }),
    foreignKey({ columns: [t.workspaceId, t.chunkId], foreignColumns: [chunk.workspaceId, chunk.id] }).onDelete("cascade"),
    tenantPolicy("chunk_next_vector"),
  ],
);

/** How a workspace's knowledge is searched. No row: by the embedder of the server, with the weights that were measured. */
export const knowledgeIndex = pgTable(
  "knowledge_index",
  {
    workspaceId: workspaceId()
      .primaryKey()
      .references(() => workspace.id, { onDelete: "cascade" }),
    /** The embedder whose vectors questions are compared with. */
    embedder: text(),
    nextEmbedder: text(),
    /** Chunks that have their next vector, and how many there were when it was last counted. */
    done: integer().notNull().default(0),
    total: integer().notNull().default(0),
    leaseToken: integer().notNull().default(0),
    leaseUntil: instant(),
    /** The share of the text score in the rank, 0..1; null: as measured. */
    textShare: doublePrecision(),
    /** True once its chunks are in the vector index. */
    big: boolean().notNull().default(false),
    /** Searchable chunks when they were last counted, and how many lexemes they have on average. */
    chunks: integer().notNull().default(0),
    meanLength: doublePrecision(),
    countedAt: instant(),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  () => [tenantPolicy("knowledge_index"), pgPolicy("knowledge_index_engine", { for: "select", to: engineRole, using: sql`true` })],
);

/** A question with the answer that a person has approved for it: given word for word. Its text is searched through its document. */
export const approvedAnswer = pgTable(
  "approved_answer",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    sourceId: uuid().notNull(),
    documentId: uuid().notNull(),
    /** The ways to ask it; the first is its title. */
    questions: text().array().notNull(),
    answer: text().notNull(),
    enabled: boolean().notNull().default(true),
    hits: integer().notNull().default(0),
    lastHitAt: instant(),
    /** The message of a person that it was taken from. */
    fromMessageId: uuid(),
    createdBy: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.documentId], foreignColumns: [document.workspaceId, document.id] }).onDelete("cascade"),
    foreignKey({ columns: [t.workspaceId, t.sourceId], foreignColumns: [knowledgeSource.workspaceId, knowledgeSource.id] }).onDelete(
      "cascade",
    ),
    index().on(t.workspaceId, t.sourceId, t.id),
    tenantPolicy("approved_answer"),
  ],
);

/** One way to ask an approved answer's question, as it is compared with what customers ask. */
export const approvedQuestion = pgTable(
  "approved_question",
  {
    workspaceId: workspaceId(),
    answerId: uuid().notNull(),
    position: integer().notNull(),
    question: text().notNull(),
    lexemes: tsvector().notNull(),
    embedding: halfvec({ dimensions: embeddingDimensions }),
    embedder: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.answerId, t.position] }),
    foreignKey({ columns: [t.workspaceId, t.answerId], foreignColumns: [approvedAnswer.workspaceId, approvedAnswer.id] }).onDelete(
      "cascade",
    ),
    tenantPolicy("approved_question"),
  ],
);

/** When an approved answer was given. */
export const approvedAnswerHit = pgTable(
  "approved_answer_hit",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    answerId: uuid().notNull(),
    turnId: uuid(),
    question: text().notNull(),
    score: doublePrecision().notNull(),
    at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.answerId], foreignColumns: [approvedAnswer.workspaceId, approvedAnswer.id] }).onDelete(
      "cascade",
    ),
    index().on(t.workspaceId, t.answerId, t.id),
    uniqueIndex("approved_answer_hit_once").on(t.workspaceId, t.turnId).where(sql`turn_id is not null`),
    tenantPolicy("approved_answer_hit"),
  ],
);
