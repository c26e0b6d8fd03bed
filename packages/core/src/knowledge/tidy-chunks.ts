/**
 * Passages that were retired long ago: nobody can ask for an answer of then any more.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";

/** How long an old answer can be made again with the knowledge of then, in days. */
export const retiredDaysMax = 30;
const rowsPerStep = 1_000;

/** Removes some of them; gives how many. Fewer than asked again: those were the last. */
export async function tidyChunks(ws: WorkspaceCtx): Promise<number> {
  const [row] = await ws.tx.execute<{ gone: number }>(sql`
    with gone as (
      delete from chunk where workspace_id = ${ws.workspaceId}::uuid and id in (
        select id from chunk where workspace_id = ${ws.workspaceId}::uuid
          and retired_at < now() - ${retiredDaysMax} * interval '1 day' limit ${rowsPerStep})
      returning 1)
    select count(*)::int as gone from gone`);
  return row?.gone ?? 0;
}
