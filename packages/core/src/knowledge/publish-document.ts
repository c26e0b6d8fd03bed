/**
 * The moment a version becomes searchable: all of it, at once. What the version before had and this one has not is retired, kept a
 * while so that an answer of then can be made again; what both have stays the same row, written only where something about it
 * has changed.
 *
 * @module
 */
import { chunk, documentContent } from "@axon/db/schema/knowledge";
import { and, eq, ne, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { closeGapsLater } from "./close-gaps-later.ts";
import { updateHeld } from "./lease.ts";
import { queueIngest } from "./queue-ingest.ts";
import { planIndexing } from "./retrieval/index-workspace.ts";
import { stagedOf } from "./store-chunks.ts";
import { type DocumentRow, emitProgress } from "./view.ts";

/** Publishes what was embedded with `embedder`, which a workspace's first document settles for the questions to come. */
export async function publishDocument(ws: WorkspaceCtx, held: DocumentRow, embedder: string): Promise<void> {
  const row = await end(ws, held, { chunkCount: held.total });
  await settleEmbedder(ws, embedder);
  // Of a document that was only just written the planner knows nothing, and would compare every chunk with every other.
  await ws.tx.execute(sql`select set_config('enable_nestloop', 'off', true)`);
  await retire(ws, row);
  await renewKept(ws, row);
  await ws.tx.execute(sql`select set_config('enable_nestloop', 'on', true)`);
  await ws.tx
    .update(chunk)
    .set({ searchable: true, publishedAt: sql`now()`, audience: row.audience, locale: row.locale, labels: row.labels })
    .where(stagedOf(row));
  // Of versions that were given up before they were published.
  await ws.tx
    .delete(chunk)
    .where(
      and(eq(chunk.documentId, row.id), ne(chunk.version, row.version), sql`not ${chunk.searchable}`, sql`${chunk.retiredAt} is null`),
    );
  await ws.tx.delete(documentContent).where(eq(documentContent.documentId, row.id));
  emitProgress(ws, row);
  await closeGapsLater(ws, row.id);
  await queueIngest(ws);
  await planIndexing(ws);
}

/**
 * Holds the row that says which embedder counts. If that has changed since these vectors were made, the row says too that there is
 * something left to do.
 */
async function settleEmbedder(ws: WorkspaceCtx, embedder: string): Promise<void> {
  await ws.tx.execute(sql`
    insert into knowledge_index as mine (workspace_id, embedder) values (${ws.workspaceId}, ${embedder})
    on conflict (workspace_id) do update set embedder = coalesce(mine.embedder, excluded.embedder), updated_at = now(),
      next_embedder = case when mine.embedder <> excluded.embedder then coalesce(mine.next_embedder, mine.embedder) else mine.next_embedder end`);
}

/** Ends a version whose file is, byte for byte, the one that is published: nothing is read and nothing changes. */
export async function publishUnchanged(ws: WorkspaceCtx, held: DocumentRow): Promise<void> {
  emitProgress(ws, await end(ws, held, { total: held.chunkCount }));
  await ws.tx.delete(documentContent).where(eq(documentContent.documentId, held.id));
  await queueIngest(ws);
}

function end(ws: WorkspaceCtx, held: DocumentRow, counts: { total: number } | { chunkCount: number }): Promise<DocumentRow> {
  return updateHeld(ws, held, {
    ...counts,
    status: "ready",
    publishedVersion: held.version,
    done: "total" in counts ? counts.total : counts.chunkCount,
    errorCode: null,
    errorMessage: null,
    failedStep: null,
    leaseUntil: null,
    dispatchedAt: null,
  });
}

const kept = (row: DocumentRow) => sql`document_content content
  cross join lateral jsonb_to_recordset(coalesce(content.kept, '[]'))
    as kept (id uuid, ordinal int, page int, title text, lexemes text, length int)
  where content.workspace_id = ${row.workspaceId}::uuid and content.document_id = ${row.id}::uuid and content.version = ${row.version}`;

async function retire(ws: WorkspaceCtx, row: DocumentRow): Promise<void> {
  await ws.tx.execute(sql`
    update chunk set searchable = false, indexed = false, retired_at = now()
    where workspace_id = ${row.workspaceId}::uuid and document_id = ${row.id}::uuid and searchable
      and not exists (select 1 from ${kept(row)} and kept.id = chunk.id)`);
}

async function renewKept(ws: WorkspaceCtx, row: DocumentRow): Promise<void> {
  await ws.tx.execute(sql`
    update chunk set ordinal = kept.ordinal, page = kept.page, title = coalesce(kept.title, chunk.title),
      lexemes = coalesce(kept.lexemes::tsvector, chunk.lexemes), length = coalesce(kept.length, chunk.length)
    from (select kept.* from ${kept(row)}) kept
    where chunk.workspace_id = ${row.workspaceId}::uuid and chunk.id = kept.id
      and (chunk.ordinal <> kept.ordinal or chunk.page is distinct from kept.page or kept.lexemes is not null)`);
}
