/**
 * Reading sources.
 *
 * @module
 */
import type { Page, PageInput } from "@axon/contracts/common";
import type { Source } from "@axon/contracts/sources";
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { asc, count, gt, inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, isIdKey, toPage } from "../../internal/paging.ts";
import { readSource, showSource, toSource } from "./view.ts";

/** Oldest first. */
export async function listSources(ws: WorkspaceCtx, input: PageInput): Promise<Page<Source>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select()
    .from(knowledgeSource)
    .where(after ? gt(knowledgeSource.id, after[0]) : undefined)
    .orderBy(asc(knowledgeSource.id))
    .limit(input.limit + 1);
  const ids = rows.map(({ id }) => id);
  const counts =
    ids.length === 0
      ? []
      : await ws.tx
          .select({ sourceId: document.sourceId, count: count() })
          .from(document)
          .where(inArray(document.sourceId, ids))
          .groupBy(document.sourceId);
  const countOf = new Map(counts.map((row) => [row.sourceId, row.count]));
  return toPage(
    rows,
    input.limit,
    (row) => toSource(row, countOf.get(row.id) ?? 0),
    (row) => [row.id],
  );
}

/** Refuses with `not_found`. */
export async function getSource(ws: WorkspaceCtx, sourceId: string): Promise<Source> {
  return showSource(ws, await readSource(ws, sourceId));
}
