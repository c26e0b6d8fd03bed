/**
 * The first commit of a sync: its number, an empty report, and the addresses that it starts from.
 *
 * @module
 */
import type { SourceSettings, SyncReport } from "@axon/contracts/sources";
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, lt } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { pageAddress } from "./addresses.ts";
import { putPages } from "./put-pages.ts";
import { updateSyncing } from "./sync-lease.ts";
import type { SourceRow } from "./view.ts";

/** How deep a list of pages lies: above every page, so that it is read first. */
export const listDepth = -1;

/** `nowIso` is said of the report. */
export async function beginSync(ws: WorkspaceCtx, claimed: SourceRow, nowIso: string): Promise<SourceRow> {
  const none = { pages: 0, added: 0, changed: 0, unchanged: 0, removed: 0, skipped: 0, failed: 0 };
  const syncReport: SyncReport = { startedAt: nowIso, endedAt: null, ...none, capped: false, error: null };
  const row = await updateSyncing(ws, claimed, { syncState: "syncing", sync: claimed.sync + 1, syncReport });
  // Lists are named anew by each sync; one that is named no more must not be read again.
  await ws.tx.delete(sourcePage).where(and(eq(sourcePage.sourceId, row.id), lt(sourcePage.depth, 0)));
  await putPages(
    ws,
    row,
    startsOf(row.settings).map((url) => ({ url, depth: row.kind === "sitemap" && url === startOf(row.settings) ? listDepth : 0 })),
  );
  return row;
}

/** The address that the source is named by, as its page is kept. */
export function startOf({ url }: SourceSettings): string {
  return pageAddress(url ?? "") ?? url ?? "";
}

function startsOf(settings: SourceSettings): string[] {
  return [startOf(settings), ...(settings.pages ?? [])];
}
