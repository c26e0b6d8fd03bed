/**
 * What the sweeper does with a source that is due: one that waits is looked at, one whose worker has not been heard of is taken up again.
 *
 * @module
 */
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { enqueueSync, queuedSeconds } from "./queue-sync.ts";

/** Twice is once: whoever comes second finds it due later. */
export async function requeueSync(ws: WorkspaceCtx, sourceId: string): Promise<void> {
  const { syncState, syncDueAt, syncLeaseUntil } = knowledgeSource;
  const [row] = await ws.tx
    .update(knowledgeSource)
    .set({
      syncState: sql`case when ${syncState} = 'syncing' then 'syncing' else 'queued' end`,
      syncDueAt: sql`now() + ${queuedSeconds} * interval '1 second'`,
    })
    .where(and(eq(knowledgeSource.id, sourceId), sql`${syncDueAt} <= now()`, sql`(${syncLeaseUntil} is null or ${syncLeaseUntil} < now())`))
    .returning();
  if (row) enqueueSync(ws, row, `due-${row.syncDueAt}`);
}
