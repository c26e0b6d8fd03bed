/**
 * Whose turn it is to be read. Of each workspace a few documents are on the queue at once, the oldest first, and the rest wait
 * here: one workspace's thousand files take turns with another's one instead of standing before it.
 *
 * Waiting is a state that nobody mistakes for being stuck: `dispatched_at` is null. Whoever ends a document dispatches the next
 * in the same commit, so that no turn is lost with a worker.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import type { DocumentRow } from "./view.ts";

/** Documents of one workspace that are on the queue or being read at once. */
export const dispatchedMax = 2;

const inWork = sql`status in ('queued', 'parsing', 'chunking', 'embedding')`;

interface Dispatched extends Record<string, unknown> {
  id: string;
  version: number;
  leaseToken: number;
}

/** Queues the documents of this workspace whose turn it is. To be called after every commit's other writes to documents. */
export async function queueIngest(ws: WorkspaceCtx): Promise<void> {
  // One at a time in a workspace, or two would both see the last free place.
  await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${ws.workspaceId}:ingest`}, 0))`);
  const rows = await ws.tx.execute<Dispatched>(sql`
    with due as materialized (
      select id from document where workspace_id = ${ws.workspaceId}::uuid and ${inWork} and dispatched_at is null
      order by id
      limit greatest(0, ${dispatchedMax} - (select count(*) from document where workspace_id = ${ws.workspaceId}::uuid and dispatched_at is not null and ${inWork}))
      for update skip locked)
    update document set dispatched_at = now(), updated_at = now() from due
    where document.workspace_id = ${ws.workspaceId}::uuid and document.id = due.id
    returning document.id, version, lease_token as "leaseToken"`);
  for (const row of rows) enqueueIngest(ws, row, `turn-${row.leaseToken}`);
}

/** Has this version of the document ingested. `cause` is part of the key: what asks again must name another. */
export function enqueueIngest(ws: WorkspaceCtx, { id, version }: Pick<DocumentRow, "id" | "version">, cause: string): void {
  ws.enqueue("knowledge.ingest", { workspaceId: ws.workspaceId, documentId: id }, { key: `ingest-${id}-${version}-${cause}` });
}
