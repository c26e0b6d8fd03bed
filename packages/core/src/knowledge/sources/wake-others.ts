/**
 * When a source of a workspace is let go, another of the same workspace that waits for it need not wait for the sweeper.
 *
 * @module
 */
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { and, asc, inArray, ne, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { enqueueSync } from "./queue-sync.ts";
import type { SourceRow } from "./view.ts";

export async function wakeOthers(ws: WorkspaceCtx, released: Pick<SourceRow, "id">): Promise<void> {
  const [next] = await ws.tx
    .select()
    .from(knowledgeSource)
    .where(
      and(
        ne(knowledgeSource.id, released.id),
        inArray(knowledgeSource.syncState, ["queued", "syncing"]),
        sql`(${knowledgeSource.syncLeaseUntil} is null or ${knowledgeSource.syncLeaseUntil} < now())`,
      ),
    )
    .orderBy(asc(knowledgeSource.syncDueAt))
    .limit(1);
  if (next) enqueueSync(ws, next, `woken-${Date.now()}`);
}
