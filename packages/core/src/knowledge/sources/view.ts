/**
 * How sources look to callers.
 *
 * @module
 */
import { type Source, syncFailuresMax } from "@axon/contracts/sources";
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";

export type SourceRow = typeof knowledgeSource.$inferSelect;

export function isSynced({ kind }: Pick<SourceRow, "kind">): boolean {
  return kind === "url" || kind === "sitemap";
}

export function toSource(row: SourceRow, documentCount: number): Source {
  const { id, kind, name, audience, locale, labels, settings, createdAt, updatedAt } = row;
  const shown = { id, kind, name, documentCount, audience, locale, labels, settings, createdAt, updatedAt };
  if (!isSynced(row)) return { ...shown, sync: null };
  const waits = row.syncState === "idle" || row.syncState === "failed";
  return {
    ...shown,
    sync: {
      state: row.syncState,
      // While it is looked at, the column says when to look after whoever does.
      dueAt: waits ? row.syncDueAt : null,
      lastSyncedAt: row.lastSyncedAt,
      failures: row.syncFailures,
      paused: settings.everyHours !== undefined && row.syncFailures >= syncFailuresMax,
      report: row.syncReport,
    },
  };
}

/** Refuses with `not_found`. With `hold` nobody else changes or deletes it until this transaction ends. */
export async function readSource(ws: WorkspaceCtx, sourceId: string, { hold = false } = {}): Promise<SourceRow> {
  const query = ws.tx.select().from(knowledgeSource).where(eq(knowledgeSource.id, sourceId));
  const [row] = hold ? await query.for("update") : await query;
  if (!row) throw notFound("source");
  return row;
}

export async function showSource(ws: WorkspaceCtx, row: SourceRow): Promise<Source> {
  return toSource(row, await ws.tx.$count(document, eq(document.sourceId, row.id)));
}
