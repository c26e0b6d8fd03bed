/**
 * Picking up documents that nobody works on any more.
 *
 * @module
 */
import { document } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { statusesInWork } from "./lease.ts";
import { queueIngest } from "./queue-ingest.ts";

/** Queues the document again if its worker has not been heard of. Asked twice, it is one job. */
export async function requeueDocument(ws: WorkspaceCtx, documentId: string): Promise<void> {
  const [row] = await ws.tx
    .update(document)
    .set({ updatedAt: sql`now()`, attempts: sql`${document.attempts} + 1` })
    .where(and(eq(document.id, documentId), inArray(document.status, statusesInWork), sql`(${document.leaseUntil} is null or ${document.leaseUntil} < now())`))
    .returning();
  if (row) queueIngest(ws, row);
}
