/**
 * Who works on a document. Every write of an ingestion names the token it was given; a worker that was given up for dead
 * and comes back finds its token outdated and changes nothing.
 *
 * @module
 */
import { document } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { workspaceAlive } from "../internal/alive.ts";
import type { DocumentRow } from "./view.ts";

/** A worker that has not been heard of for this long is taken for dead. */
export const leaseSeconds = 30;
/** How often a worker says that it lives. */
export const heartbeatMs = 10_000;

export const statusesInWork = ["queued", "parsing", "chunking", "embedding"] as const;

/** Another worker has taken over, or there is nothing left to do; stop without a word. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

const leaseEnd = sql`now() + ${leaseSeconds} * interval '1 second'`;

/** Takes the document for this worker; null when it is done, gone, or another's, or its workspace was deleted. */
export async function claimDocument(ws: WorkspaceCtx, documentId: string): Promise<DocumentRow | null> {
  const [row] = await ws.tx
    .update(document)
    .set({
      leaseToken: sql`${document.leaseToken} + 1`,
      leaseUntil: leaseEnd,
      attempts: sql`${document.attempts} + 1`,
      dispatchedAt: sql`coalesce(${document.dispatchedAt}, now())`,
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(document.id, documentId),
        inArray(document.status, statusesInWork),
        sql`(${document.leaseUntil} is null or ${document.leaseUntil} < now())`,
        workspaceAlive(ws),
      ),
    )
    .returning();
  return row ?? null;
}

/** Changes the document if it is still in work and ours, and prolongs the lease. Throws `LeaseLost` otherwise. */
export async function updateHeld(
  ws: WorkspaceCtx,
  held: Pick<DocumentRow, "id" | "leaseToken">,
  change: Partial<typeof document.$inferInsert>,
): Promise<DocumentRow> {
  const [row] = await ws.tx
    .update(document)
    .set({ leaseUntil: leaseEnd, updatedAt: sql`now()`, ...change })
    .where(and(eq(document.id, held.id), eq(document.leaseToken, held.leaseToken), inArray(document.status, statusesInWork)))
    .returning();
  if (!row) throw new LeaseLost("this document is done, gone, or another worker's now");
  return row;
}

/** Gives the document back, so that the next try need not wait for the lease to run out. */
export async function releaseDocument(ws: WorkspaceCtx, held: Pick<DocumentRow, "id" | "leaseToken">): Promise<void> {
  await ws.tx
    .update(document)
    .set({ leaseUntil: null })
    .where(and(eq(document.id, held.id), eq(document.leaseToken, held.leaseToken)));
}
