/**
 * From the addresses that a page or a list names to those that the sync will visit: of this site, wanted, not yet seen, and
 * not more than there is room for.
 *
 * @module
 */
import type { PlanLimits } from "@axon/contracts/plan-limits";
import { pagesUsual } from "@axon/contracts/sources";
import type { ListedPage } from "@axon/contracts/web";
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, gte, inArray, isNotNull, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { isWanted, pageAddress, sisterAddress } from "./addresses.ts";
import { alreadySeen, type FoundPage, putPages } from "./put-pages.ts";
import type { SourceRow } from "./view.ts";

/** Addresses that lead to another page or show the same one don't count against the pages of a source. */
const notCounted = ["moved", "canonical", "duplicate"];
/** A list's word that a page has not changed is believed for this long after the page was last read. */
const listBelievedMs = 7 * 86_400_000;

/** Gives whether some had to be left out. `nowMs` is for what lists say about the past. */
export async function followLinks(
  ws: WorkspaceCtx,
  source: SourceRow,
  plan: Pick<PlanLimits, "crawlPagesMax">,
  links: readonly ListedPage[],
  { depth, nowMs }: { depth: number; nowMs: number },
): Promise<{ capped: boolean; unchanged: number }> {
  const wanted = new Map<string, ListedPage>();
  for (const link of links) {
    const address = pageAddress(link.url);
    if (address !== null && isWanted(source.settings, address) && !wanted.has(sisterAddress(address) ?? address)) wanted.set(address, link);
  }
  const sisters = [...wanted.keys()].flatMap((address) => sisterAddress(address) ?? []);
  const seen = await alreadySeen(ws, source, [...wanted.keys(), ...sisters]);
  const fresh = [...wanted].filter(([address]) => !seen.has(address) && !seen.has(sisterAddress(address) ?? address));
  if (fresh.length === 0) return { capped: false, unchanged: 0 };
  const taken = fresh.slice(0, Math.max(0, await roomOf(ws, source, plan)));
  const same = await unchangedSince(ws, source, taken, nowMs);
  await putPages(
    ws,
    source,
    taken.map(([url]): FoundPage => ({ url, depth, state: same.has(url) ? "unchanged" : "waiting" })),
  );
  return { capped: taken.length < fresh.length, unchanged: same.size };
}

async function roomOf(ws: WorkspaceCtx, source: SourceRow, { crawlPagesMax }: Pick<PlanLimits, "crawlPagesMax">): Promise<number> {
  const [row] = await ws.tx
    .select({ used: sql<number>`count(*)::int` })
    .from(sourcePage)
    .where(
      and(
        eq(sourcePage.sourceId, source.id),
        eq(sourcePage.sync, source.sync),
        gte(sourcePage.depth, 0),
        sql`not (${sourcePage.state} = 'skipped' and ${inArray(sourcePage.reason, notCounted)})`,
      ),
    );
  return Math.min(source.settings.pagesMax ?? pagesUsual, crawlPagesMax) - (row?.used ?? 0);
}

/** Pages that have not changed since they were read, as their list says. A day that is named without its hour is over first. */
async function unchangedSince(
  ws: WorkspaceCtx,
  source: SourceRow,
  pages: readonly (readonly [string, ListedPage])[],
  nowMs: number,
): Promise<Set<string>> {
  const dated = new Map(pages.flatMap(([url, { lastModified }]) => (lastModified === null ? [] : [[url, lastModified] as const])));
  if (dated.size === 0) return new Set();
  const rows = await ws.tx
    .select({ url: sourcePage.url, checkedAt: sourcePage.checkedAt })
    .from(sourcePage)
    .where(
      and(
        eq(sourcePage.sourceId, source.id),
        inArray(sourcePage.state, ["fetched", "unchanged"]),
        isNotNull(sourcePage.documentId),
        isNotNull(sourcePage.contentHash),
      ),
    );
  return new Set(
    rows.flatMap(({ url, checkedAt }) => {
      const said = dated.get(url);
      if (said === undefined || checkedAt === null) return [];
      const readMs = Date.parse(checkedAt);
      const changedMs = Date.parse(said) + (said.length === 10 ? 86_400_000 : 0);
      return changedMs < readMs && nowMs - readMs < listBelievedMs ? [url] : [];
    }),
  );
}
