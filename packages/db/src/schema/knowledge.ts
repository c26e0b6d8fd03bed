/**
 * Sources, documents, what was read in them, and the chunks that are searched.
 *
 * @module
 */
import type { Block } from "@axon/contracts/blocks";
import { documentErrorCodes, documentStatuses, sourceKinds } from "@axon/contracts/knowledge";
import { sql } from "drizzle-orm";
import {
  boolean,
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
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.id] }), tenantPolicy("knowledge_source")],
);

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
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.sourceId], foreignColumns: [knowledgeSource.workspaceId, knowledgeSource.id] }).onDelete(
      "cascade",
    ),
    index().on(t.workspaceId, t.sourceId, t.id),
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
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.documentId], foreignColumns: [document.workspaceId, document.id] }).onDelete("cascade"),
    uniqueIndex().on(t.workspaceId, t.documentId, t.version, t.ordinal),
    index().on(t.workspaceId, t.hash),
    index().using("gin", t.lexemes),
    tenantPolicy("chunk"),
  ],
);
