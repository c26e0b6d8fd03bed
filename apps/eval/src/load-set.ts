/**
 * Puts a set's passages into a workspace of its own as published chunks, one passage a chunk: what is measured is the
 * search and the confidence, on the cut that the set's authors chose.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { embeddingText } from "@axon/ai/embedding-text";
import { indexLexemes } from "@axon/ai/lexical/analyze";
import type { Embedder } from "@axon/ai/provider";
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { chunk, document, knowledgeSource } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { withWorkspace } from "@axon/db/transaction";
import { groupBy } from "./group.ts";
import type { EvalPassage } from "./read-sets.ts";

export interface LoadedSet {
  workspaceId: string;
  /** From a chunk's id to its passage's. */
  passageOf: ReadonlyMap<string, string>;
  /** From a document's own name to the id of its source: each has one, so that fitting can search some of them only. */
  sourceOf: ReadonlyMap<string, string>;
}

const rowsPerInsert = 100;

export async function loadSet(database: Database, embedder: Embedder, name: string, passages: readonly EvalPassage[]): Promise<LoadedSet> {
  const workspaceId = newId();
  const documents = groupBy(passages, ({ doc_id }) => doc_id);
  const sourceOf = new Map([...documents.keys()].map((key) => [key, newId()]));
  const chunkIds = passages.map(() => newId());
  await withWorkspace(database, workspaceId, async (tx) => {
    await tx.insert(workspace).values({ id: workspaceId, name, slug: `eval-${workspaceId}` });
    const sources = [...sourceOf.values()].map((id) => ({ workspaceId, id, kind: "text" as const, name: id }));
    for (const rows of batches(sources)) await tx.insert(knowledgeSource).values(rows);
    const documentIds = new Map([...documents.keys()].map((key) => [key, newId()]));
    const files = [...documents.keys()].map((key) => ({
      ...{ workspaceId, id: must(documentIds.get(key)), sourceId: must(sourceOf.get(key)), name: key, mime: "text/plain", bytes: 0 },
      ...{ storageKey: "", status: "ready" as const, version: 1, publishedVersion: 1 },
    }));
    for (const rows of batches(files)) await tx.insert(document).values(rows);
    for (let start = 0; start < passages.length; start += rowsPerInsert) {
      const some = passages.slice(start, start + rowsPerInsert);
      const texts = some.map(({ title, text }) => embeddingText(title, [], text));
      const vectors = await embedder.embed(texts, { kind: "document" });
      const rows = some.map((passage, index) => ({
        ...{ workspaceId, id: must(chunkIds[start + index]), documentId: must(documentIds.get(passage.doc_id)) },
        ...{ sourceId: must(sourceOf.get(passage.doc_id)), version: 1, ordinal: start + index, title: passage.title, headingPath: [] },
        ...lexemesOf(passage),
        ...{ text: passage.text.replaceAll("\u0000", ""), hash: createHash("sha256").update(must(texts[index])).digest("hex") },
        ...{ embedding: [...must(vectors[index])], embedder: embedder.id, searchable: true },
      }));
      await tx.insert(chunk).values(rows);
    }
  });
  return { workspaceId, sourceOf, passageOf: new Map(passages.map(({ id }, index) => [must(chunkIds[index]), id])) };
}

function lexemesOf({ title, text }: EvalPassage): { lexemes: string; length: number } {
  const { tsvector, length } = indexLexemes(title, [], text);
  return { lexemes: tsvector, length };
}

function batches<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / rowsPerInsert) }, (_, index) =>
    rows.slice(index * rowsPerInsert, (index + 1) * rowsPerInsert),
  );
}

/** For what was put in by the same function a few lines above. */
export function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("a value that was just stored is gone");
  return value;
}
