/**
 * The last commit of a sync: what it did not find any more, its report, and when to look again.
 *
 * @module
 */
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, asc, eq, gte, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { nextLookMs } from "./schedule.ts";
import { missesMax, nothingKnown, removePage, thisPage } from "./settle-page.ts";
import { updateSyncing } from "./sync-lease.ts";
import type { SourceRow } from "./view.ts";
import type { SyncFault } from "./visit-page.ts";
import { wakeOthers } from "./wake-others.ts";

/** Pages that one commit counts as missed. */
const missedPerCommitMax = 100;

/**
 * Counts a part of the pages that a whole sync did not come upon as missed, and takes away those missed before. Gives whether there may
 * be more. A sync that could not read everything says nothing about what it did not see.
 */
export async function missPages(ws: WorkspaceCtx, held: SourceRow): Promise<boolean> {
  const source = await updateSyncing(ws, held, {});
  const report = source.syncReport;
  const mine = eq(sourcePage.sourceId, held.id);
  const failed = await ws.tx.$count(sourcePage, and(mine, eq(sourcePage.sync, held.sync), eq(sourcePage.state, "failed")));
  if (!report || failed > 0 || report.capped) return false;
  // What nothing is kept of leaves no trace.
  await ws.tx.delete(sourcePage).where(and(mine, lt(sourcePage.sync, held.sync), isNull(sourcePage.documentId)));
  const missed = await ws.tx
    .select()
    .from(sourcePage)
    .where(and(mine, gte(sourcePage.depth, 0), isNotNull(sourcePage.documentId), lt(sourcePage.sync, held.sync)))
    .orderBy(asc(sourcePage.url))
    .limit(missedPerCommitMax);
  let removed = 0;
  for (const page of missed) {
    const misses = page.misses + 1;
    const goes = misses >= missesMax;
    if (goes) removed += await removePage(ws, page);
    // With this sync's number it is not found here a second time.
    const counted = {
      sync: held.sync,
      state: "skipped",
      reason: "not_found",
      ...(goes ? { ...nothingKnown, misses: 0 } : { misses }),
    } as const;
    await ws.tx.update(sourcePage).set(counted).where(thisPage(page));
  }
  if (removed > 0) await updateSyncing(ws, held, { syncReport: { ...report, removed: report.removed + removed } });
  return missed.length === missedPerCommitMax;
}

/** Says that it is done, with what became of it, and when to look again. `nowIso` is said of the report. */
export async function endSync(ws: WorkspaceCtx, held: SourceRow, fault: SyncFault | null, nowIso: string): Promise<void> {
  const row = await updateSyncing(ws, held, {});
  const syncFailures = fault === null ? 0 : row.syncFailures + 1;
  const waitMs = nextLookMs(row.settings.everyHours, syncFailures, Math.random());
  await updateSyncing(ws, held, {
    syncState: fault === null ? "idle" : "failed",
    syncFailures,
    syncReport: row.syncReport === null ? null : { ...row.syncReport, endedAt: nowIso, error: fault },
    syncLeaseUntil: null,
    ...(fault === null ? { lastSyncedAt: nowIso } : {}),
  });
  await setDue(ws, held, waitMs);
  await wakeOthers(ws, held);
}

async function setDue(ws: WorkspaceCtx, held: SourceRow, waitMs: number | null): Promise<void> {
  await ws.tx.execute(sql`
    update knowledge_source set sync_due_at = ${waitMs === null ? sql`null` : sql`now() + ${waitMs} * interval '1 millisecond'`}
    where id = ${held.id} and sync_lease_token = ${held.syncLeaseToken}`);
}
