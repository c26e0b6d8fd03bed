/**
 * Removing what was in a deleted workspace: rows, vectors, files. Then it counts what is left and keeps the proof.
 *
 * Each batch is a commit of its own, so a worker that is killed loses nothing that was done, and the next goes on. Nothing
 * waits for it: the workspace has been shut before.
 *
 * @module
 */
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { uploadSecondsMax } from "@axon/contracts/knowledge";
import type { PurgeReport } from "@axon/contracts/workspaces";
import type { Database } from "@axon/db/connect";
import { countTenantRows, removeTenantRows, type TenantTable, tenantTables } from "@axon/db/purge";
import { purge } from "@axon/db/schema/accounts";
import { chunk } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { withAccount, withWorkspace } from "@axon/db/transaction";
import { eq, isNotNull, sql } from "drizzle-orm";
import { enqueueForAccount } from "../internal/account-jobs.ts";

/** Files by what their keys begin with. */
export interface StoredFiles {
  /** Keys that begin with `prefix`, at most `max` of them; none when there are none left. */
  list(prefix: string, max: number): Promise<string[]>;
  remove(keys: readonly string[]): Promise<void>;
}

export interface PurgeDeps {
  database: Pick<Database, "app" | "auth" | "engine">;
  files: StoredFiles;
}

type Order = { done: boolean; report: PurgeReport | null };

/** Files removed between two notes of how many there were. */
const filesAtOnce = 1_000;
/** After the last link to upload has run out, and a little more for clocks. */
const lateUploadsMs = (uploadSecondsMax + 300) * 1000;

/**
 * Empties a workspace whose time has come and writes the report. Called again, it goes on where it stopped; when all was done
 * before, it only looks for files that came in by links from before the end. Throws when something is left, to be tried again.
 */
export async function purgeWorkspace(
  deps: PurgeDeps,
  { workspaceId }: JobPayload<"workspace.purge">,
  { signal }: Pick<JobRun, "signal">,
): Promise<void> {
  const order = await begin(deps, workspaceId);
  if (!order || (await isInUse(deps, workspaceId))) return; // Restored, not due yet, or never ordered.
  const tables = await tenantTables(deps.database, workspaceId);
  const report = order.report ?? (await countAll(deps, tables, workspaceId));
  if (order.report === null) await note(deps, workspaceId, report);
  for (const table of tables.filter(({ deletable }) => deletable)) {
    while (await removeTenantRows(deps.database, table, workspaceId)) signal.throwIfAborted();
  }
  await removeFiles(deps, workspaceId, report, { resumed: order.report !== null && !order.done, signal });
  // With it goes what nobody may delete: the logs, and jobs that were not carried to their queue yet.
  await withWorkspace(deps.database, workspaceId, (tx) => tx.delete(workspace).where(eq(workspace.id, workspaceId)));
  report.left = await countLeft(deps, tables, workspaceId);
  if (Object.values(report.left).some((count) => count > 0)) {
    throw new Error(`a deleted workspace is not empty yet: ${JSON.stringify(report.left)} left`);
  }
  await finish(deps, workspaceId, report, order.done);
}

/** Takes the order under its lock: from here on it cannot be restored any more. */
async function begin({ database }: PurgeDeps, workspaceId: string): Promise<Order | null> {
  return withAccount(database, {}, async (tx) => {
    const [order] = await tx
      .select({
        report: purge.report,
        done: sql<boolean>`${purge.doneAt} is not null`,
        due: sql<boolean>`${purge.dueAt} <= clock_timestamp()`,
      })
      .from(purge)
      .where(eq(purge.workspaceId, workspaceId))
      .for("update");
    return order?.due ? { done: order.done, report: order.report } : null;
  });
}

/** An order alone removes nothing: the workspace itself must say that it was deleted, or be gone. */
async function isInUse({ database }: PurgeDeps, workspaceId: string): Promise<boolean> {
  const [row] = await withWorkspace(database, workspaceId, (tx) =>
    tx.select({ deletedAt: workspace.deletedAt }).from(workspace).where(eq(workspace.id, workspaceId)),
  );
  return row?.deletedAt === null;
}

async function countAll({ database }: PurgeDeps, tables: readonly TenantTable[], workspaceId: string): Promise<PurgeReport> {
  const rows = await countTenantRows(database, tables, workspaceId);
  return { removed: { rows: { ...rows, workspace: 1 }, vectors: await countVectors(database, workspaceId), files: 0 }, left: null };
}

async function countLeft(
  { database, files }: PurgeDeps,
  tables: readonly TenantTable[],
  workspaceId: string,
): Promise<NonNullable<PurgeReport["left"]>> {
  const rows = await countTenantRows(database, tables, workspaceId);
  const [itself] = await withWorkspace(database, workspaceId, (tx) =>
    tx.select({ count: sql<number>`count(*)::int` }).from(workspace).where(eq(workspace.id, workspaceId)),
  );
  return {
    rows: Object.values(rows).reduce((sum, count) => sum + count, itself?.count ?? 0),
    vectors: await countVectors(database, workspaceId),
    files: (await files.list(`${workspaceId}/`, filesAtOnce)).length,
    keys: (rows["api_key"] ?? 0) + (rows["sealed_secret"] ?? 0),
  };
}

async function countVectors(database: PurgeDeps["database"], workspaceId: string): Promise<number> {
  const [row] = await withWorkspace(database, workspaceId, (tx) =>
    tx.select({ count: sql<number>`count(*)::int` }).from(chunk).where(isNotNull(chunk.embedding)),
  );
  return row?.count ?? 0;
}

/**
 * The count is noted before each batch goes. Whoever comes after a worker that was killed takes the first files it finds for those noted
 * last: so the count is right, but for one batch of several when the worker died just between two.
 */
async function removeFiles(
  deps: PurgeDeps,
  workspaceId: string,
  report: PurgeReport,
  { resumed, signal }: { resumed: boolean; signal: AbortSignal },
): Promise<void> {
  const { removed } = report;
  let noted = resumed && removed.files > 0;
  while (true) {
    const keys = await deps.files.list(`${workspaceId}/`, filesAtOnce);
    if (keys.length === 0) return;
    removed.files = noted ? Math.max(removed.files, keys.length) : removed.files + keys.length;
    noted = false;
    await note(deps, workspaceId, report);
    await deps.files.remove(keys);
    signal.throwIfAborted();
  }
}

async function note({ database }: PurgeDeps, workspaceId: string, report: PurgeReport): Promise<void> {
  await withAccount(database, {}, (tx) => tx.update(purge).set({ report }).where(eq(purge.workspaceId, workspaceId)));
}

async function finish({ database }: PurgeDeps, workspaceId: string, report: PurgeReport, before: boolean): Promise<void> {
  await withAccount(database, {}, async (tx) => {
    await tx
      .update(purge)
      .set({ report, doneAt: sql`coalesce(${purge.doneAt}, now())` })
      .where(eq(purge.workspaceId, workspaceId));
    // Whoever got a link to upload before the end may still use it.
    const again = { key: `purge-${workspaceId}-late`, requestId: null, delayMs: lateUploadsMs };
    if (!before) await enqueueForAccount(tx, "workspace.purge", { workspaceId }, again);
  });
}
