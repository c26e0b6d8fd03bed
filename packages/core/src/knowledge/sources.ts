/**
 * Sources: the shelves that documents stand on, and that an agent may be limited to.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import type { createSourceInput, Source } from "@axon/contracts/knowledge";
import { newId } from "@axon/db/ids";
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { and, asc, eq, gt, inArray, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import { once } from "../internal/idempotency.ts";
import { decodeCursor, isIdKey, pageById } from "../internal/paging.ts";
import { purgeLater } from "./purge.ts";

export async function createSource(ws: WorkspaceCtx, input: z.output<typeof createSourceInput>): Promise<Source> {
  return once(ws, { procedure: "knowledge.sources.create", input }, async () => {
    const id = newId();
    const [row] = await ws.tx
      .insert(knowledgeSource)
      .values({ workspaceId: ws.workspaceId, id, kind: input.kind, name: input.name })
      .returning({ id: knowledgeSource.id, kind: knowledgeSource.kind, name: knowledgeSource.name, createdAt: knowledgeSource.createdAt });
    if (!row) throw new Error("a source was not inserted");
    ws.audit({ action: "source.created", target: { kind: "source", id }, after: { name: row.name, kind: row.kind } });
    return { ...row, documentCount: 0 };
  });
}

/** Oldest first. */
export async function listSources(ws: WorkspaceCtx, input: PageInput): Promise<Page<Source>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select({
      id: knowledgeSource.id,
      kind: knowledgeSource.kind,
      name: knowledgeSource.name,
      createdAt: knowledgeSource.createdAt,
      documentCount: ws.tx.$count(document, eq(document.sourceId, sql`"knowledge_source"."id"`)),
    })
    .from(knowledgeSource)
    .where(and(after ? gt(knowledgeSource.id, after[0]) : undefined))
    .orderBy(asc(knowledgeSource.id))
    .limit(input.limit + 1);
  return pageById(rows, input.limit);
}

/** Removes a source with all its documents; none of them is found by the next search. Refuses with `not_found`. */
export async function deleteSource(ws: WorkspaceCtx, sourceId: string): Promise<void> {
  // Held first, so that no document is added between the list of its files and its end.
  const [held] = await ws.tx
    .select({ name: knowledgeSource.name })
    .from(knowledgeSource)
    .where(eq(knowledgeSource.id, sourceId))
    .for("update");
  if (!held) throw notFound("source");
  const files = await ws.tx.select({ key: document.storageKey }).from(document).where(eq(document.sourceId, sourceId));
  await ws.tx.delete(knowledgeSource).where(eq(knowledgeSource.id, sourceId));
  purgeLater(
    ws,
    sourceId,
    files.map((file) => file.key),
  );
  ws.audit({ action: "source.deleted", target: { kind: "source", id: sourceId }, before: { name: held.name, documents: files.length } });
}

/** Refuses with `not_found` unless every one of these sources is there. */
export async function requireSources(ws: WorkspaceCtx, sourceIds: readonly string[]): Promise<void> {
  const wanted = [...new Set(sourceIds)];
  if (wanted.length === 0) return;
  const found = await ws.tx.select({ id: knowledgeSource.id }).from(knowledgeSource).where(inArray(knowledgeSource.id, wanted));
  if (found.length !== wanted.length) throw notFound("source");
}

/** Refuses with `not_found` unless the source is there; holds it until this transaction ends, so that it can't be deleted meanwhile. */
export async function requireSource(ws: WorkspaceCtx, sourceId: string): Promise<void> {
  const [row] = await ws.tx.select({ id: knowledgeSource.id }).from(knowledgeSource).where(eq(knowledgeSource.id, sourceId)).for("share");
  if (!row) throw notFound("source");
}
