/**
 * Asking for a source to be looked at.
 *
 * @module
 */
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { SourceRow } from "./view.ts";

/** A job that nobody has begun this long after it was queued is looked after, in seconds. */
export const queuedSeconds = 30;

/** Has the source looked at; one that is being looked at, or waits for it, is left as it is. Gives the row as it is then. */
export async function queueSync(ws: WorkspaceCtx, sourceId: string): Promise<SourceRow | null> {
  const [row] = await ws.tx
    .update(knowledgeSource)
    .set({ syncState: "queued", syncDueAt: sql`now() + ${queuedSeconds} * interval '1 second'` })
    .where(and(eq(knowledgeSource.id, sourceId), inArray(knowledgeSource.syncState, ["idle", "failed"])))
    .returning();
  if (row) enqueueSync(ws, row, "first");
  return row ?? null;
}

/** `cause` is part of the key: what asks again must name another. */
export function enqueueSync(ws: WorkspaceCtx, row: Pick<SourceRow, "id" | "sync" | "syncLeaseToken">, cause: string, delayMs = 0): void {
  const key = `sync-${row.id}-${row.sync}-${row.syncLeaseToken}-${cause}`;
  ws.enqueue("knowledge.sync", { workspaceId: ws.workspaceId, sourceId: row.id }, { key, delayMs });
}
