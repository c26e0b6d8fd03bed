/**
 * Removing a whole workspace from every table that holds anything of it, in batches, children first.
 *
 * The tables are read from the catalog, so that one that is added later is neither forgotten nor listed here. Runs as the
 * application in that workspace: row-level security leaves nothing else within reach. Tables whose rows the application may
 * not delete (the logs) go with the rows they belong to.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { type Tx, withEngine, withWorkspace } from "./transaction.ts";

export interface TenantTable {
  name: string;
  /** False for what goes only with its parents. */
  deletable: boolean;
  /** False for what only the engine may read. */
  readable: boolean;
}

/** Rows of one transaction, not counting what goes with them. */
const batchRowsMax = 1_000;
/** It has a column of that name and outlives the workspace on purpose: it is the order and the report. */
const outlives = "purge";

interface CatalogRow extends TenantTable {
  [column: string]: unknown;
  /** Names of the tables that its foreign keys point at, with commas between. */
  parents: string;
}

/** Every table with a `workspace_id`, each before those that its rows point at. */
export async function tenantTables(database: Pick<Database, "app">, workspaceId: string): Promise<TenantTable[]> {
  const rows = await withWorkspace(database, workspaceId, (tx) =>
    tx.execute<CatalogRow>(sql`
      select c.relname::text as name, has_table_privilege(c.oid, 'DELETE') as deletable, has_table_privilege(c.oid, 'SELECT') as readable,
        coalesce((select string_agg(distinct f.relname, ',') from pg_constraint k join pg_class f on f.oid = k.confrelid
          where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid), '') as parents
      from pg_class c
      where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace and c.relname <> ${outlives}
        and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
      order by 1`),
  );
  return childrenFirst(rows).map(({ name, deletable, readable }) => ({ name, deletable, readable }));
}

/** Throws when tables point at each other in a circle, which no order empties. */
function childrenFirst(rows: readonly CatalogRow[]): CatalogRow[] {
  const left = [...rows];
  const ordered: CatalogRow[] = [];
  while (left.length > 0) {
    const pointedAt = new Set(left.flatMap(({ parents }) => parents.split(",")));
    const next = left.findIndex(({ name }) => !pointedAt.has(name));
    const [row] = next < 0 ? [] : left.splice(next, 1);
    if (!row) throw new Error(`these tables point at each other: ${left.map(({ name }) => name).join(", ")}`);
    ordered.push(row);
  }
  return ordered;
}

/** Rows of the workspace in each table; tables without any are left out. */
export async function countTenantRows(
  database: Pick<Database, "app" | "engine">,
  tables: readonly TenantTable[],
  workspaceId: string,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = async (tx: Tx, name: string) => {
    const [row] = await tx.execute<{ count: string }>(
      sql`select count(*) as count from ${sql.identifier(name)} where workspace_id = ${workspaceId}`,
    );
    if (row && Number(row.count) > 0) counts[name] = Number(row.count);
  };
  await withWorkspace(database, workspaceId, async (tx) => {
    for (const { name, readable } of tables) if (readable) await count(tx, name);
  });
  await withEngine(database, async (tx) => {
    for (const { name, readable } of tables) if (!readable) await count(tx, name);
  });
  return counts;
}

/** Removes up to a batch of a table's rows, with what hangs on them. False when there was less than a batch left. */
export async function removeTenantRows(database: Pick<Database, "app">, { name }: TenantTable, workspaceId: string): Promise<boolean> {
  const table = sql.identifier(name);
  const [row] = await withWorkspace(database, workspaceId, (tx) =>
    tx.execute<{ count: number }>(sql`
      with gone as (
        delete from ${table} where ctid = any(array(select ctid from ${table} where workspace_id = ${workspaceId} limit ${batchRowsMax}))
        returning 1)
      select count(*)::int as count from gone`),
  );
  return row?.count === batchRowsMax;
}
