/**
 * What became of those who wanted to be forgotten: the proof, without a word of theirs.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { Erasure, ErasureReport, ListErasuresInput } from "@axon/contracts/contacts";
import { erasure } from "@axon/db/schema/contacts";
import { and, desc, eq, lt } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, isIdKey, toPage } from "../../internal/paging.ts";

export type ErasureRow = typeof erasure.$inferSelect;
export type Counts = ErasureReport["removed"];

/** The latest first. */
export async function listErasures(ws: WorkspaceCtx, input: ListErasuresInput): Promise<Page<Erasure>> {
  const after = decodeCursor(input.cursor, isIdKey);
  const rows = await ws.tx
    .select()
    .from(erasure)
    .where(
      and(input.contactId === undefined ? undefined : eq(erasure.contactId, input.contactId), after ? lt(erasure.id, after[0]) : undefined),
    )
    .orderBy(desc(erasure.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toErasure, ({ id }) => [id]);
}

export function toErasure({ id, contactId, orderedAt, doneAt, report }: ErasureRow): Erasure {
  return { id, contactId, orderedAt, doneAt, report };
}

/** Nothing is said of what nothing went of. */
export function addCounts(...counts: readonly Counts[]): Counts {
  const sum: Counts = {};
  for (const [kind, count] of counts.flatMap((one) => Object.entries(one))) {
    if (count > 0) sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}
