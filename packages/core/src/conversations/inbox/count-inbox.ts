/**
 * How much there is in each corner of the inbox. Counting a million takes as long as reading a million, so each count ends at a cap.
 *
 * @module
 */
import { type Counted, countCap, type InboxCounts } from "@axon/contracts/inbox";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";

/** Exact up to `countCap`; `more` says that there are at least so many. */
export async function countInbox(ws: WorkspaceCtx): Promise<InboxCounts> {
  const [row] = await ws.tx.execute<Record<keyof InboxCounts, number>>(countsStatement(ws));
  if (!row) throw new Error("the counts gave no row");
  const counted = (count: number): Counted => ({ count: Math.min(count, countCap), more: count > countCap });
  return {
    open: counted(row.open),
    pending: counted(row.pending),
    snoozed: counted(row.snoozed),
    resolved: counted(row.resolved),
    unassigned: counted(row.unassigned),
    mine: counted(row.mine),
    urgent: counted(row.urgent),
  };
}

export function countsStatement({ caller }: WorkspaceCtx): SQL {
  const upToCap = (where: SQL) => sql`(select count(*)::int from (select from conversation where ${where} limit ${countCap + 1}) one)`;
  const active = sql`status in ('open', 'pending')`;
  const me = caller.kind === "user" ? caller.id : null;
  return sql`select
    ${upToCap(sql`status = 'open'`)} as open,
    ${upToCap(sql`status = 'pending'`)} as pending,
    ${upToCap(sql`status = 'snoozed'`)} as snoozed,
    ${upToCap(sql`status = 'resolved'`)} as resolved,
    ${upToCap(sql`assignee_id is null and ${active}`)} as unassigned,
    ${me === null ? sql`0` : upToCap(sql`assignee_id = ${me}::uuid and ${active}`)} as mine,
    ${upToCap(sql`priority = 'urgent' and ${active}`)} as urgent`;
}
