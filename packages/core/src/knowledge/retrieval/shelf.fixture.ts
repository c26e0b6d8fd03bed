/**
 * Texts on a shelf: published chunks without the way through ingestion, and questions to them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { indexLexemes, queryLexemes } from "@axon/ai/lexical/analyze";
import { hashedVector } from "@axon/ai/local/embed";
import type { Audience } from "@axon/contracts/knowledge";
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { chunk, document, knowledgeSource } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { withWorkspace } from "@axon/db/transaction";
import type { Found, RetrieveInput } from "./input.ts";
import { retrieve } from "./retrieve.ts";

export const embedder = "test:1";

export interface StoredText {
  text: string;
  audience?: Audience;
  locale?: string | null;
  labels?: string[];
  publishedAt?: string;
  retiredAt?: string;
  searchable?: boolean;
}

export interface StoreOptions {
  published?: number | null;
  title?: string;
  /** A workspace that is there; a new one when left out. */
  workspaceId?: string;
  embedder?: string;
}

export interface Stored {
  workspaceId: string;
  sourceIds: string[];
  documentIds: string[];
}

const rowsPerInsert = 100;

/** One source and one document for each list of texts. */
export async function storeTexts(
  database: Database,
  documents: readonly (readonly (string | StoredText)[])[],
  options: StoreOptions = {},
): Promise<Stored> {
  const { published = 1, title = "" } = options;
  const workspaceId = options.workspaceId ?? newId();
  const stored: Stored = { workspaceId, sourceIds: [], documentIds: [] };
  await withWorkspace(database, workspaceId, async (tx) => {
    if (options.workspaceId === undefined) await tx.insert(workspace).values({ id: workspaceId, name: "x", slug: workspaceId });
    for (const texts of documents) {
      const [sourceId, documentId] = [newId(), newId()];
      stored.sourceIds.push(sourceId);
      stored.documentIds.push(documentId);
      await tx.insert(knowledgeSource).values({ workspaceId, id: sourceId, kind: "text", name: "x" });
      await tx.insert(document).values({
        ...{ workspaceId, id: documentId, sourceId, name: "x", mime: "text/plain", bytes: 1, storageKey: "", status: "ready" },
        ...{ version: 1, publishedVersion: published },
      });
      const rows = texts.map((one, ordinal) => {
        const given = typeof one === "string" ? { text: one } : one;
        const { tsvector, length } = indexLexemes(title, [], given.text);
        return {
          ...{ workspaceId, id: newId(), documentId, sourceId, version: 1, ordinal, title, headingPath: [], searchable: published === 1 },
          ...{ hash: createHash("sha256").update(given.text).digest("hex"), lexemes: tsvector, length },
          ...{ embedding: [...hashedVector(given.text)], embedder: options.embedder ?? embedder },
          ...given,
        };
      });
      for (let start = 0; start < rows.length; start += rowsPerInsert)
        await tx.insert(chunk).values(rows.slice(start, start + rowsPerInsert));
    }
  });
  return stored;
}

/** What is found for a question. */
export function askFor(database: Database, workspaceId: string, question: string, change: Partial<RetrieveInput> = {}): Promise<Found> {
  return withWorkspace(database, workspaceId, (tx) => retrieve({ workspaceId, tx }, { ...inputOf(question), ...change }));
}

export function inputOf(question: string): RetrieveInput {
  return { vector: hashedVector(question), lexemes: queryLexemes(question), limit: 10, sourceIds: [], embedder };
}
