/**
 * The commit that says what became of one page. It writes the page, what it leads to, and the sync's report together, behind
 * the lease: a worker that dies before it has visited the page in vain, and nobody finds half of it.
 *
 * @module
 */
import type { PlanLimits } from "@axon/contracts/plan-limits";
import type { SyncReport } from "@axon/contracts/sources";
import type { ListedPage } from "@axon/contracts/web";
import { document, sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { deleteDocument } from "../documents.ts";
import { followLinks } from "./follow-links.ts";
import { putPages } from "./put-pages.ts";
import { updateSyncing } from "./sync-lease.ts";
import type { SourceRow } from "./view.ts";

export type PageRow = typeof sourcePage.$inferSelect;

/** A page that is not found in this many syncs in a row is taken away. */
export const missesMax = 2;

export interface PageOutcome {
  state: "fetched" | "unchanged" | "skipped" | "failed";
  /** Why it was skipped or failed. */
  reason?: string;
  /** `gone`: its document goes now; `missed`: it goes when that happens again in the next sync; `kept`: whatever there is stays. */
  document: "kept" | "missed" | "gone";
  counts: "added" | "changed" | "unchanged" | "skipped" | "failed";
  /** What is known of the page now. */
  known?: Partial<Pick<PageRow, "documentId" | "etag" | "lastModified" | "contentHash">>;
  /** Pages that it leads to, one link further. */
  links?: readonly ListedPage[];
  /** Another address of the same page: visited in its place. */
  instead?: string;
  /** True when there was no room for it. */
  capped?: boolean;
}

/** Throws `SyncLost` when the source is another's by now. */
export async function settlePage(ws: WorkspaceCtx, held: SourceRow, page: PageRow, outcome: PageOutcome, plan: PlanLimits): Promise<void> {
  const source = await updateSyncing(ws, held, {});
  const report = source.syncReport;
  if (!report) throw new Error("a sync runs that has no report");
  const misses = outcome.document === "missed" ? page.misses + 1 : 0;
  const removed = page.documentId !== null && (outcome.document === "gone" || misses >= missesMax) ? await removePage(ws, page) : 0;
  await ws.tx
    .update(sourcePage)
    .set({
      state: outcome.state,
      reason: outcome.reason ?? null,
      misses: removed > 0 ? 0 : misses,
      checkedAt: sql`now()`,
      ...outcome.known,
      ...(removed > 0 ? nothingKnown : {}),
    })
    .where(thisPage(page));
  if (outcome.instead !== undefined) await putPages(ws, source, [{ url: outcome.instead, depth: page.depth }]);
  const followed = await followLinks(ws, source, plan, outcome.links ?? [], { depth: Math.max(page.depth, 0) + 1, nowMs: Date.now() });
  const next: SyncReport = {
    ...report,
    pages: report.pages + 1 + followed.unchanged,
    removed: report.removed + removed,
    unchanged: report.unchanged + followed.unchanged,
    capped: report.capped || followed.capped || outcome.capped === true,
  };
  next[outcome.counts] += 1;
  await updateSyncing(ws, held, { syncReport: next });
}

/** What is remembered of a page whose document is gone. */
export const nothingKnown = { documentId: null, etag: null, lastModified: null, contentHash: null };

/** Removes the page's document, if it is still there. Gives how many went. */
export async function removePage(ws: WorkspaceCtx, { documentId }: Pick<PageRow, "documentId">): Promise<number> {
  if (documentId === null) return 0;
  const [there] = await ws.tx.select({ id: document.id }).from(document).where(eq(document.id, documentId)).for("update");
  if (!there) return 0;
  await deleteDocument(ws, documentId);
  return 1;
}

export function thisPage({ sourceId, url }: Pick<PageRow, "sourceId" | "url">) {
  return and(eq(sourcePage.sourceId, sourceId), eq(sourcePage.url, url));
}
