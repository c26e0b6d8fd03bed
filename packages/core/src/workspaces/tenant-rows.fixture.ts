/**
 * A row in every table of a workspace, and all of them as text: from the catalog, so that a table that is added later is
 * planted and looked at without a word here.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { tenantTables } from "@axon/db/purge";
import { type Tx, withEngine, withWorkspace } from "@axon/db/transaction";
import { type SQL, sql } from "drizzle-orm";

interface Column {
  [column: string]: unknown;
  name: string;
  type: string;
  /** What it points at as `table.column`; null for what points nowhere. */
  target: string | null;
}

type Row = Record<string, SQL>;

/** Gives the names of all tables with rows of this workspace: each has at least one afterwards. */
export async function plantEverywhere(database: Database, workspaceId: string, accountId: string): Promise<string[]> {
  const tables = (await tenantTables(database, workspaceId)).reverse();
  const rows = new Map<string, Row>([
    ["workspace", { id: sql`${workspaceId}::uuid` }],
    ["account", { id: sql`${accountId}::uuid` }],
  ]);
  /** What the engine alone may write. */
  const byEngine: SQL[] = [];
  for (const { name, readable } of tables) {
    await withWorkspace(database, workspaceId, async (tx) => {
      const row = Object.fromEntries(
        (await columnsOf(tx, name)).map((column) => [column.name, plantedIn(column, name, workspaceId, rows)]),
      );
      rows.set(name, row);
      const [held] = readable ? await tx.execute(sql`select 1 from ${sql.identifier(name)} limit 1`) : [];
      if (held && name === "membership") return; // The founder's own: a second of the same account there cannot be.
      const names = sql.join(
        Object.keys(row).map((column) => sql.identifier(column)),
        sql`, `,
      );
      const insert = sql`insert into ${sql.identifier(name)} (${names}) values (${sql.join(Object.values(row), sql`, `)})`;
      const [may] = await tx.execute<{ write: boolean }>(sql`select has_table_privilege(${name}, 'INSERT') as write`);
      if (may?.write) await tx.execute(insert);
      else byEngine.push(insert);
    });
    for (const insert of byEngine.splice(0)) await withEngine(database, (tx) => tx.execute(insert));
  }
  return tables.map(({ name }) => name);
}

async function columnsOf(tx: Tx, table: string): Promise<Column[]> {
  return tx.execute<Column>(sql`
    select a.attname::text as name, format_type(a.atttypid, null) as type,
      (select f.relname || '.' || p.attname from pg_constraint k
        join pg_class f on f.oid = k.confrelid
        join lateral unnest(k.conkey, k.confkey) as pair(here, there) on pair.here = a.attnum
        join pg_attribute p on p.attrelid = f.oid and p.attnum = pair.there
        where k.conrelid = a.attrelid and k.contype = 'f' order by cardinality(k.conkey) desc limit 1) as target
    from pg_attribute a where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = ''
    order by a.attnum`);
}

function plantedIn({ name, type, target }: Column, own: string, workspaceId: string, rows: ReadonlyMap<string, Row>): SQL {
  if (name === "workspace_id") return sql`${workspaceId}::uuid`;
  if (target !== null) {
    const [table = "", column = ""] = target.split(".");
    if (table === own) return sql`null`; // The first of its table has none to point at.
    const value = rows.get(table)?.[column];
    if (!value) throw new Error(`${target} is pointed at and was not planted`);
    return value;
  }
  const value = values[type];
  if (!value) throw new Error(`nothing to plant in a column of type ${type}`);
  return value();
}

const values: Record<string, () => SQL> = {
  uuid: () => sql`${newId()}::uuid`,
  text: () => sql`${`planted ${newId()}`}::text`,
  "text[]": () => sql`'{planted}'::text[]`,
  integer: () => sql`1`,
  bigint: () => sql`1000000`,
  "double precision": () => sql`0.5`,
  boolean: () => sql`false`,
  "timestamp with time zone": () => sql`now()`,
  jsonb: () => sql`'{}'::jsonb`,
  tsvector: () => sql`'planted:1'::tsvector`,
  halfvec: () => sql`array_fill(0.1::real, array[1536])::vector::halfvec`,
};

/** Every row of the workspace in every table, and itself. */
export async function readEverything(database: Database, workspaceId: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const read = async (tx: Tx, name: string, condition: SQL) => {
    const rows = await tx.execute<{ row: string }>(sql`select t::text as row from ${sql.identifier(name)} t where ${condition} order by 1`);
    if (rows.length > 0) found[name] = rows.map(({ row }) => row);
  };
  const mine = sql`workspace_id = ${workspaceId}`;
  for (const { name, readable } of await tenantTables(database, workspaceId)) {
    if (readable) await withWorkspace(database, workspaceId, (tx) => read(tx, name, mine));
    else await withEngine(database, (tx) => read(tx, name, mine));
  }
  await withWorkspace(database, workspaceId, (tx) => read(tx, "workspace", sql`id = ${workspaceId}`));
  return found;
}
