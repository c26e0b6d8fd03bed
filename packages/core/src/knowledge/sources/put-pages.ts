/**
 * Addresses that a sync is still to visit. Each is visited once in a sync, however many pages lead to it.
 *
 * @module
 */
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { SourceRow } from "./view.ts";

export interface FoundPage {
  url: string;
  depth: number;
  /** `unchanged` when somebody else said so: it is not visited. */
  state?: "waiting" | "unchanged";
}

/** Rows per INSERT: 6 values each stay far below PostgreSQL's 65,535 parameters. */
const rowsPerInsert = 1_000;

/** Writes down those that this sync has not come upon yet. */
export async function putPages(ws: WorkspaceCtx, source: Pick<SourceRow, "id" | "sync">, found: readonly FoundPage[]): Promise<void> {
  const distinct = [...new Map(found.map((page) => [page.url, page])).values()];
  for (let start = 0; start < distinct.length; start += rowsPerInsert) {
    await ws.tx
      .insert(sourcePage)
      .values(
        distinct.slice(start, start + rowsPerInsert).map(({ url, depth, state = "waiting" as const }) => ({
          workspaceId: ws.workspaceId,
          sourceId: source.id,
          url,
          depth,
          state,
          sync: source.sync,
        })),
      )
      .onConflictDoUpdate({
        target: [sourcePage.workspaceId, sourcePage.sourceId, sourcePage.url],
        set: {
          sync: source.sync,
          depth: sql`excluded.depth`,
          state: sql`excluded.state`,
          reason: null,
          misses: sql`case when excluded.state = 'unchanged' then 0 else ${sourcePage.misses} end`,
        },
        setWhere: sql`${sourcePage.sync} < ${source.sync}`,
      });
  }
}

/** Which of these addresses this sync has come upon already. */
export async function alreadySeen(ws: WorkspaceCtx, source: Pick<SourceRow, "id" | "sync">, urls: readonly string[]): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let start = 0; start < urls.length; start += rowsPerInsert) {
    const rows = await ws.tx
      .select({ url: sourcePage.url })
      .from(sourcePage)
      .where(
        and(
          eq(sourcePage.sourceId, source.id),
          eq(sourcePage.sync, source.sync),
          inArray(sourcePage.url, urls.slice(start, start + rowsPerInsert)),
        ),
      );
    for (const { url } of rows) seen.add(url);
  }
  return seen;
}
