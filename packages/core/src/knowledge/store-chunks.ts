/**
 * Cutting what was read into chunks, in one commit: all of a version's chunks are there or none.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { chunkBlocks } from "@axon/ai/chunk";
import { embeddingText } from "@axon/ai/embedding-text";
import { indexLexemes } from "@axon/ai/lexical/analyze";
import { newId } from "@axon/db/ids";
import { chunk, documentContent } from "@axon/db/schema/knowledge";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { NothingToSearch } from "./failures.ts";
import { updateHeld } from "./lease.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

/** Rows per INSERT: 13 values each stay far below PostgreSQL's 65,535 parameters. */
const rowsPerInsert = 200;

/** Writes the chunks of the version in work and moves on to `embedding`. Chunks of an earlier try are replaced. Throws `NothingToSearch`. */
export async function storeChunks(ws: WorkspaceCtx, held: DocumentRow): Promise<DocumentRow> {
  const [content] = await ws.tx
    .select({ title: documentContent.title, blocks: documentContent.blocks })
    .from(documentContent)
    .where(and(eq(documentContent.documentId, held.id), eq(documentContent.version, held.version)));
  if (!content) throw new Error("a document is being chunked that was not read");
  const title = content.title?.trim() || held.name;
  const drafts = chunkBlocks(title, content.blocks);
  if (drafts.length === 0) throw new NothingToSearch("no block of the document has any text");
  await ws.tx.delete(chunk).where(and(eq(chunk.documentId, held.id), eq(chunk.version, held.version)));
  for (let start = 0; start < drafts.length; start += rowsPerInsert) {
    await ws.tx.insert(chunk).values(
      drafts.slice(start, start + rowsPerInsert).map((draft) => {
        const { tsvector, length } = indexLexemes(title, draft.headingPath, draft.text);
        return {
          workspaceId: ws.workspaceId,
          id: newId(),
          documentId: held.id,
          sourceId: held.sourceId,
          version: held.version,
          ordinal: draft.ordinal,
          title,
          headingPath: draft.headingPath,
          text: draft.text,
          page: draft.page,
          hash: createHash("sha256")
            .update(embeddingText(title, draft.headingPath, draft.text))
            .digest("hex"),
          lexemes: tsvector,
          length,
        };
      }),
    );
  }
  const next = await updateHeld(ws, held, { status: "embedding", done: 0, total: drafts.length });
  emitProgress(ws, next);
  return next;
}
