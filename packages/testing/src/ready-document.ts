/**
 * A document that is ready to be found, without the way through a queue, a parser and an embedder.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { chunk, document, knowledgeSource } from "@axon/db/schema/knowledge";
import type { Tx } from "@axon/db/transaction";

/** What a worker would have made of the text: its only chunk's words and vector. */
export interface ReadyDocument {
  title: string;
  text: string;
  /** As `indexLexemes` gives them. */
  lexemes: string;
  length: number;
  /** Of `embedder`'s length. */
  embedding: readonly number[];
  embedder: string;
}

/** Puts one document of one chunk into the workspace of the transaction; gives its id. */
export async function putReadyDocument(tx: Tx, workspaceId: string, ready: ReadyDocument): Promise<string> {
  const { title, text, lexemes, length, embedding, embedder } = ready;
  const [sourceId, documentId] = [newId(), newId()];
  await tx.insert(knowledgeSource).values({ workspaceId, id: sourceId, kind: "text", name: title });
  await tx.insert(document).values({
    workspaceId,
    id: documentId,
    sourceId,
    name: title,
    mime: "text/plain",
    bytes: text.length,
    storageKey: documentId,
    status: "ready",
    publishedVersion: 1,
    chunkCount: 1,
  });
  await tx.insert(chunk).values({
    ...{ workspaceId, id: newId(), documentId, sourceId, version: 1, ordinal: 0, searchable: true },
    ...{ title, headingPath: [], text, hash: title, lexemes, length, embedding: [...embedding], embedder },
  });
  return documentId;
}
