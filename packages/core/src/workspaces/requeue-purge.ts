/**
 * Having a deleted workspace removed whose time has come, or whose job was given up.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import { withAccount } from "@axon/db/transaction";
import { enqueueForAccount } from "../internal/account-jobs.ts";

/** Calls within the same hour are one job, so that several sweepers do not pile up work. */
const bucketMs = 3_600_000;

/** Queues the removal again; one that is done, or not due, does nothing. */
export async function requeuePurge(
  { database }: { database: Pick<Database, "auth"> },
  workspaceId: string,
  nowMs: number = Date.now(),
): Promise<void> {
  const key = `purge-${workspaceId}-again-${Math.floor(nowMs / bucketMs)}`;
  await withAccount(database, {}, (tx) => enqueueForAccount(tx, "workspace.purge", { workspaceId }, { key, requestId: null }));
}
