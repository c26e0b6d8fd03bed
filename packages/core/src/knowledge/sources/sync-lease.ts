/**
 * Who looks at a source. Every write of a sync names the token it was given; a worker that was given up for dead and comes
 * back finds its token outdated and changes nothing. `sync_due_at` is when to look after whoever holds it.
 *
 * @module
 */
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { workspaceAlive } from "../../internal/alive.ts";
import type { SourceRow } from "./view.ts";

/** A worker that has not been heard of for this long is taken for dead. */
const leaseSeconds = 30;
/** How often a worker says that it lives. */
export const syncHeartbeatMs = 10_000;
/** Sources of one workspace that are looked at at once, so that one with many leaves room for the others. */
const syncsAtOnceMax = 2;

const underWay = ["queued", "syncing"] as const;
const leaseEnd = sql`now() + ${leaseSeconds} * interval '1 second'`;

/** Another worker has taken over, or the source is gone; stop without a word. */
export class SyncLost extends Error {
  override readonly name = "SyncLost";
}

/** Takes the source for this worker; null when nobody wants it looked at, when it is another's, or its workspace has enough under way. */
export async function claimSync(ws: WorkspaceCtx, sourceId: string): Promise<SourceRow | null> {
  const [row] = await ws.tx
    .update(knowledgeSource)
    .set({ syncLeaseToken: sql`${knowledgeSource.syncLeaseToken} + 1`, syncLeaseUntil: leaseEnd, syncDueAt: leaseEnd })
    .where(
      and(
        eq(knowledgeSource.id, sourceId),
        inArray(knowledgeSource.syncState, underWay),
        inArray(knowledgeSource.kind, ["url", "sitemap"]),
        sql`(${knowledgeSource.syncLeaseUntil} is null or ${knowledgeSource.syncLeaseUntil} < now())`,
        sql`(select count(*) from knowledge_source other where other.sync_lease_until > now()) < ${syncsAtOnceMax}`,
        workspaceAlive(ws),
      ),
    )
    .returning();
  return row ?? null;
}

/** Changes the source if it is still ours, and prolongs the lease. Gives the row as it is then; throws `SyncLost` otherwise. */
export async function updateSyncing(
  ws: WorkspaceCtx,
  held: Pick<SourceRow, "id" | "syncLeaseToken">,
  change: Partial<typeof knowledgeSource.$inferInsert>,
): Promise<SourceRow> {
  const [row] = await ws.tx
    .update(knowledgeSource)
    .set({ syncLeaseUntil: leaseEnd, syncDueAt: leaseEnd, ...change })
    .where(
      and(
        eq(knowledgeSource.id, held.id),
        eq(knowledgeSource.syncLeaseToken, held.syncLeaseToken),
        inArray(knowledgeSource.syncState, underWay),
      ),
    )
    .returning();
  if (!row) throw new SyncLost("this source is another worker's now, or gone");
  return row;
}
