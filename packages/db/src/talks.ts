/**
 * Removing conversations with all that hangs on them, and saying how much that was.
 *
 * The tables are read from the catalog, so that one that is added later is neither forgotten nor listed here: whatever names a
 * conversation, a turn or a message goes with it, also where no foreign key says so.
 *
 * @module
 */
import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "./transaction.ts";

interface TalkTable {
  [column: string]: unknown;
  name: string;
  /** The column that says which conversation it belongs to: `conversation_id`, or by way of its turn or message. */
  via: string;
  /** False for what goes only with its conversation. */
  deletable: boolean;
}

/** In the order in which they go: replies point at their turns, everything at its conversation. */
const last = ["message", "turn"];

/** Removes these conversations of the transaction's workspace, which the caller has locked; gives the rows removed, by table. */
export async function removeConversations(tx: Tx, ids: readonly string[]): Promise<Record<string, number>> {
  if (ids.length === 0) return {};
  const list = idList(ids);
  const removed: Record<string, number> = {};
  for (const { name, via, deletable } of await talkTables(tx)) {
    const table = sql.identifier(name);
    const theirs = belongs(via, list);
    const [row] = await tx.execute<{ count: number }>(
      deletable
        ? sql`with gone as (delete from ${table} where ${theirs} returning 1) select count(*)::int as count from gone`
        : sql`select count(*)::int as count from ${table} where ${theirs}`,
    );
    if (row && row.count > 0) removed[name] = row.count;
  }
  const gone = await tx.execute(sql`delete from conversation where id = any(${list}) returning 1`);
  return { conversation: gone.length, ...removed };
}

/** Rows that are left of conversations that were removed, by table; none are. */
export async function countConversationRows(tx: Tx, ids: readonly string[]): Promise<Record<string, number>> {
  if (ids.length === 0) return {};
  const left: Record<string, number> = {};
  for (const { name, via } of await talkTables(tx)) {
    // What went by way of a turn or message that is gone can't be asked for any more; its foreign key, or the removal, saw to it.
    if (via !== "conversation_id") continue;
    const [row] = await tx.execute<{ count: number }>(
      sql`select count(*)::int as count from ${sql.identifier(name)} where ${belongs(via, idList(ids))}`,
    );
    if (row && row.count > 0) left[name] = row.count;
  }
  return left;
}

async function talkTables(tx: Tx): Promise<TalkTable[]> {
  const rows = await tx.execute<TalkTable>(sql`
    select c.relname::text as name, via.attname::text as via, has_table_privilege(c.oid, 'DELETE') as deletable
    from pg_class c
    join lateral (
      select a.attname from pg_attribute a
      where a.attrelid = c.oid and not a.attisdropped and a.attname in ('conversation_id', 'turn_id', 'message_id')
      order by array_position(array['conversation_id', 'turn_id', 'message_id'], a.attname::text) limit 1) via on true
    where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
      and has_table_privilege(c.oid, 'SELECT')
      and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
    order by 1`);
  const rank = ({ name }: TalkTable) => last.indexOf(name);
  return [...rows].sort((one, other) => rank(one) - rank(other));
}

function belongs(via: string, ids: SQL): SQL {
  if (via === "turn_id") return sql`turn_id in (select id from turn where conversation_id = any(${ids}))`;
  if (via === "message_id") return sql`message_id in (select id from message where conversation_id = any(${ids}))`;
  return sql`conversation_id = any(${ids})`;
}

function idList(ids: readonly string[]): SQL {
  return sql`${`{${ids.join(",")}}`}::uuid[]`;
}
