/**
 * Fills a database with the corpus, as the owner of its tables and by binary COPY: how fast rows come in is another bench's.
 *
 * @module
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { newId } from "@axon/db/ids";
import type { Owner } from "../owned.ts";
import { boolean, copyBlocks, type Field, halfvec, integer, noTexts, text, tsvector, uuid } from "./binary-copy.ts";
import type { Corpus, Question } from "./corpus.ts";

export interface LoadedWorkspace {
  id: string;
  sourceId: string;
  chunks: number;
  questions: Question[];
}

export interface LoadPlan {
  /** Chunks of each workspace. */
  sizes: readonly number[];
  topicsOf(workspace: number): number[];
  questionsOf(workspace: number): number;
  embedder: string;
  /** Whether a workspace's chunks are to be in the indexes of big ones. */
  indexed(workspace: number): boolean;
}

const chunksPerDocument = 20;
const columns = `workspace_id, id, document_id, source_id, version, ordinal, searchable, title, heading_path, text, hash, lexemes, length,
  embedding, embedder, indexed`;

/** Stores everything; gives the workspaces with what may be asked of them. */
export async function loadCorpus(owner: Owner, corpus: Corpus, plan: LoadPlan): Promise<LoadedWorkspace[]> {
  const loaded = plan.sizes.map((chunks): LoadedWorkspace => ({ id: newId(), sourceId: newId(), chunks, questions: [] }));
  const documents = loaded.map(({ chunks }) => Array.from({ length: Math.ceil(chunks / chunksPerDocument) }, () => newId()));
  await copyInto(
    owner,
    "workspace (id, name, slug)",
    loaded.map(({ id }) => [uuid(id), text("Bench"), text(id)]),
  );
  await copyInto(
    owner,
    "knowledge_source (workspace_id, id, kind, name)",
    loaded.map(({ id, sourceId }) => [uuid(id), uuid(sourceId), text("file"), text("Bench")]),
  );
  await copyInto(
    owner,
    "document (workspace_id, id, source_id, name, mime, bytes, storage_key, status, version, published_version)",
    loaded.flatMap(({ id, sourceId }, at) =>
      (documents[at] ?? []).map((documentId) => [
        ...[uuid(id), uuid(documentId), uuid(sourceId), text("Bench"), text("text/plain"), integer(1), text(""), text("ready")],
        ...[integer(1), integer(1)],
      ]),
    ),
  );
  await copyInto(owner, `chunk (${columns})`, chunkRows(corpus, plan, loaded, documents));
  return loaded;
}

function* chunkRows(
  corpus: Corpus,
  plan: LoadPlan,
  loaded: readonly LoadedWorkspace[],
  documents: readonly string[][],
): Generator<Field[]> {
  for (const [at, { id, sourceId, chunks, questions }] of loaded.entries()) {
    const about = plan.topicsOf(at);
    const askEvery = Math.ceil(chunks / Math.max(1, plan.questionsOf(at)));
    for (let ordinal = 0; ordinal < chunks; ordinal++) {
      const passage = corpus.passage(about);
      if (plan.questionsOf(at) > 0 && ordinal % askEvery === 0) questions.push(corpus.question(passage));
      const documentId = documents[at]?.[Math.floor(ordinal / chunksPerDocument)] ?? "";
      const chunkId = newId();
      yield [
        ...[uuid(id), uuid(chunkId), uuid(documentId), uuid(sourceId), integer(1), integer(ordinal), boolean(true), text("Bench"), noTexts],
        ...[text(passage.words.join(" ")), text(chunkId), tsvector(passage.words), integer(passage.words.length)],
        ...[halfvec(passage.vector), text(plan.embedder), boolean(plan.indexed(at))],
      ];
    }
  }
}

async function copyInto(owner: Owner, target: string, rows: Iterable<readonly Field[]>): Promise<void> {
  const sink = await owner.unsafe(`copy ${target} from stdin (format binary)`).writable();
  await pipeline(Readable.from(copyBlocks(rows)), sink);
}
