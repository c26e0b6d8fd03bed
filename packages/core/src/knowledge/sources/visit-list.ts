/**
 * One sitemap of a sync: the pages and the further sitemaps that it names.
 *
 * @module
 */
import type { PlanLimits } from "@axon/contracts/plan-limits";
import type { Sitemap, WebVisit } from "@axon/contracts/web";
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, lt, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { isSameSite } from "./addresses.ts";
import { listDepth, startOf } from "./begin-sync.ts";
import { followLinks } from "./follow-links.ts";
import { putPages } from "./put-pages.ts";
import { type PageRow, thisPage } from "./settle-page.ts";
import { updateSyncing } from "./sync-lease.ts";
import type { SourceRow } from "./view.ts";
import { isWebTrouble, type SyncFault } from "./visit-page.ts";

/** Sitemaps that one source reads. */
const listsMax = 100;

/** Gives why the sync has failed, when it was the first list that could not be read. Throws `SyncLost`, or our own trouble. */
export async function visitList(
  deps: Pick<KnowledgeDeps, "inWorkspace">,
  visit: WebVisit,
  held: SourceRow,
  list: PageRow,
  plan: PlanLimits,
): Promise<{ fault: SyncFault | null; trouble: boolean }> {
  const isStart = list.url === startOf(held.settings);
  let read: Sitemap;
  try {
    read = await visit.sitemap(list.url);
    // A site that lists nothing any more has most likely broken its list.
    if (isStart && read.pages.length === 0 && read.sitemaps.length === 0) return { fault: emptyList, trouble: false };
  } catch (error) {
    if (!isWebTrouble(error)) throw error;
    if (isStart) return { fault: { code: error.code, message: error.message }, trouble: false };
    await deps.inWorkspace(held.workspaceId, (ws) => settleList(ws, held, list, { state: "failed", reason: error.code }));
    return { fault: null, trouble: error.transient };
  }
  await deps.inWorkspace(held.workspaceId, async (ws) => {
    const source = await settleList(ws, held, list, { state: "fetched", reason: null });
    await putLists(ws, source, read.sitemaps);
    const { capped, unchanged } = await followLinks(ws, source, plan, read.pages, { depth: 0, nowMs: Date.now() });
    const report = source.syncReport;
    if (!report) throw new Error("a sync runs that has no report");
    const counted = { pages: report.pages + unchanged, unchanged: report.unchanged + unchanged };
    await updateSyncing(ws, held, { syncReport: { ...report, ...counted, capped: report.capped || capped } });
  });
  return { fault: null, trouble: false };
}

const emptyList: SyncFault = { code: "empty_list", message: "The sitemap names no page." };

async function settleList(
  ws: WorkspaceCtx,
  held: SourceRow,
  list: PageRow,
  outcome: { state: "fetched" | "failed"; reason: string | null },
): Promise<SourceRow> {
  const source = await updateSyncing(ws, held, {});
  await ws.tx
    .update(sourcePage)
    .set({ ...outcome, checkedAt: sql`now()` })
    .where(thisPage(list));
  return source;
}

async function putLists(ws: WorkspaceCtx, source: SourceRow, lists: readonly string[]): Promise<void> {
  const known = await ws.tx.$count(sourcePage, and(eq(sourcePage.sourceId, source.id), lt(sourcePage.depth, 0)));
  const own = lists.filter((url) => isSameSite(startOf(source.settings), url)).slice(0, Math.max(0, listsMax - known));
  await putPages(
    ws,
    source,
    own.map((url) => ({ url, depth: listDepth })),
  );
}
