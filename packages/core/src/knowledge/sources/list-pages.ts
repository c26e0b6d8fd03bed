/**
 * What became of each page of a source.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { listPagesInput, SourcePage } from "@axon/contracts/sources";
import { urlCharsMax } from "@axon/contracts/web";
import { sourcePage } from "@axon/db/schema/knowledge";
import { and, asc, eq, gt, gte } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, toPage } from "../../internal/paging.ts";
import { readSource } from "./view.ts";

/** In the order of their addresses. Refuses with `not_found`. */
export async function listPages(ws: WorkspaceCtx, input: z.output<typeof listPagesInput>): Promise<Page<SourcePage>> {
  await readSource(ws, input.sourceId);
  const after = decodeCursor(input.cursor, isUrlKey);
  const { url, state, reason, depth, documentId, checkedAt } = sourcePage;
  const rows = await ws.tx
    .select({ url, state, reason, depth, documentId, checkedAt })
    .from(sourcePage)
    .where(
      and(
        eq(sourcePage.sourceId, input.sourceId),
        // Below zero: lists of pages.
        gte(depth, 0),
        input.state === undefined ? undefined : eq(state, input.state),
        after ? gt(url, after[0]) : undefined,
      ),
    )
    .orderBy(asc(url))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    (row) => row,
    (row) => [row.url],
  );
}

function isUrlKey(value: unknown): value is readonly [string] {
  return (
    Array.isArray(value) && value.length === 1 && typeof value[0] === "string" && value[0].length <= urlCharsMax && !value[0].includes("\0")
  );
}
