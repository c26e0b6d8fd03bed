/**
 * Picking up documents that nobody works on any more.
 *
 * @module
 */
import { document } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { statusesInWork } from "./lease.ts";
import { enqueueIngest, queueIngest } from "./queue-ingest.ts";

/**
 * Calls within the same five minutes are one job as long as nobody has claimed the document in between: a document that
 * waits in a long queue is not put on it again and again, and one whose job was given up is not forgotten.
 */
const bucketMs = 300_000;

/** Queues the document again if its worker, if it had one, has not been heard of; if it waits for its turn, the workspace's next. */
export async function requeueDocument(ws: WorkspaceCtx, documentId: string, nowMs: number = Date.now()): Promise<void> {
  const [row] = await ws.tx
    .update(document)
    .set({ updatedAt: sql`now()` })
    .where(
      and(
        eq(document.id, documentId),
        inArray(document.status, statusesInWork),
        sql`(${document.leaseUntil} is null or ${document.leaseUntil} < now())`,
      ),
    )
    .returning();
  if (!row) return;
  if (row.dispatchedAt === null) await queueIngest(ws);
  else enqueueIngest(ws, row, `again-${row.leaseToken}-${Math.floor(nowMs / bucketMs)}`);
}
