/**
 * That a source is there, for whoever puts something on it or answers from it.
 *
 * @module
 */
import { knowledgeSource } from "@axon/db/schema/knowledge";
import { eq, inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound } from "../../errors.ts";
import type { SourceRow } from "./view.ts";

/** Refuses with `not_found` unless every one of these sources is there. */
export async function requireSources(ws: WorkspaceCtx, sourceIds: readonly string[]): Promise<void> {
  const wanted = [...new Set(sourceIds)];
  if (wanted.length === 0) return;
  const found = await ws.tx.select({ id: knowledgeSource.id }).from(knowledgeSource).where(inArray(knowledgeSource.id, wanted));
  if (found.length !== wanted.length) throw notFound("source");
}

/** Gives the source, and holds it until this transaction ends, so that it can't be deleted meanwhile. Refuses with `not_found`. */
export async function requireSource(ws: WorkspaceCtx, sourceId: string): Promise<SourceRow> {
  const [row] = await ws.tx.select().from(knowledgeSource).where(eq(knowledgeSource.id, sourceId)).for("share");
  if (!row) throw notFound("source");
  return row;
}
