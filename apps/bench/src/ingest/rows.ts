/**
 * Chunk rows into PostgreSQL, vectors and all, in three ways: Axon's (binary COPY into a table of the transaction's own, then through
 * the fences), bare binary COPY past the fences, and one INSERT for many rows, with its values as text.
 *
 * @module
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Database } from "@axon/db/connect";
import { type CopyColumn, copyIn } from "@axon/db/copy";
import { newId } from "@axon/db/ids";
import { withWorkspace } from "@axon/db/transaction";
import { type SQL, sql } from "drizzle-orm";
import type { Owner } from "../owned.ts";
import { copyBlocks, type Field, halfvec, integer, noTexts, text, tsvector, uuid } from "../vectors/binary-copy.ts";

export interface Row {
  words: string[];
  vector: Float32Array;
}

export interface Shelf {
  workspaceId: string;
  sourceId: string;
  documentId: string;
}

/** Rows of one commit, as ingestion writes them; of one INSERT, as many as are usual. */
const rowsPerCommit = 500;
const rowsPerInsert = 200;
const embedder = "bench:1";
const hash = "0".repeat(64);

export type Way = (shelf: Shelf, rows: readonly Row[]) => Promise<void>;

export function waysOf(owner: Owner, app: Database): Record<"axon" | "copy" | "insert", Way> {
  return {
    axon: (shelf, rows) => inParts(rows, rowsPerCommit, (part, first) => byAxon(app, shelf, part, first)),
    copy: (shelf, rows) => byCopy(owner, shelf, rows),
    insert: (shelf, rows) => inParts(rows, rowsPerInsert, (part, first) => byInsert(app, shelf, part, first)),
  };
}

async function inParts(rows: readonly Row[], size: number, write: (part: readonly Row[], first: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < rows.length; start += size) await write(rows.slice(start, start + size), start);
}

const columns: readonly CopyColumn[] = [
  { name: "id", type: "uuid" },
  { name: "ordinal", type: "integer" },
  { name: "text", type: "text" },
  { name: "lexemes", type: "text" },
  { name: "length", type: "integer" },
  { name: "embedding", type: "halfvec" },
];

function byAxon(app: Database, { workspaceId, sourceId, documentId }: Shelf, part: readonly Row[], first: number): Promise<void> {
  return withWorkspace(app, workspaceId, async (tx) => {
    await copyIn(
      tx,
      "chunk_rows",
      columns,
      part.map(({ words, vector }, at) => [newId(), first + at, words.join(" "), lexemesOf(words), words.length, vector]),
    );
    await tx.execute(sql`
      insert into chunk (workspace_id, id, document_id, source_id, version, ordinal, title, heading_path, text, hash, lexemes, length, embedding, embedder)
      select ${workspaceId}::uuid, id, ${documentId}::uuid, ${sourceId}::uuid, 1, ordinal, 'Bench', '{}', text, ${hash}, lexemes::tsvector, length,
        embedding, ${embedder} from chunk_rows`);
  });
}

function byInsert(app: Database, { workspaceId, sourceId, documentId }: Shelf, part: readonly Row[], first: number): Promise<void> {
  const values = part.map(
    (
      { words, vector },
      at,
    ): SQL => sql`(${workspaceId}, ${newId()}, ${documentId}, ${sourceId}, 1, ${first + at}, 'Bench', '{}', ${words.join(" ")},
      ${hash}, ${lexemesOf(words)}::tsvector, ${words.length}, ${`[${vector.join(",")}]`}::halfvec, ${embedder})`,
  );
  return withWorkspace(app, workspaceId, async (tx) => {
    await tx.execute(sql`
      insert into chunk (workspace_id, id, document_id, source_id, version, ordinal, title, heading_path, text, hash, lexemes, length, embedding, embedder)
      values ${sql.join(values, sql`, `)}`);
  });
}

async function byCopy(owner: Owner, { workspaceId, sourceId, documentId }: Shelf, rows: readonly Row[]): Promise<void> {
  const fields = function* (): Generator<Field[]> {
    for (const [at, { words, vector }] of rows.entries()) {
      yield [
        ...[uuid(workspaceId), uuid(newId()), uuid(documentId), uuid(sourceId), integer(1), integer(at), text("Bench"), noTexts],
        ...[text(words.join(" ")), text(hash), tsvector(words), integer(words.length), halfvec(vector), text(embedder)],
      ];
    }
  };
  const into = await owner
    .unsafe(
      `copy chunk (workspace_id, id, document_id, source_id, version, ordinal, title, heading_path, text, hash, lexemes, length, embedding, embedder)
       from stdin (format binary)`,
    )
    .writable();
  await pipeline(Readable.from(copyBlocks(fields())), into);
}

function lexemesOf(words: readonly string[]): string {
  const places = new Map<string, number[]>();
  for (const [at, word] of words.entries()) places.set(word, [...(places.get(word) ?? []), at + 1]);
  return [...places].map(([word, positions]) => `'${word}':${positions.join(",")}`).join(" ");
}
