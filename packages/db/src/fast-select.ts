/**
 * Lists that are read so often that building their text counts: drizzle takes longer to write the statement of a page than
 * PostgreSQL takes to answer it, and long again to turn its rows into objects.
 *
 * Columns and joins are written once, from the same schema as every other statement; what narrows a page is put behind them.
 *
 * @module
 */
import { Column, type SQL, sql } from "drizzle-orm";
import { type PgColumn, PgDialect } from "drizzle-orm/pg-core";

/** Columns by the name of what they belong to, and their own. */
type Groups = Record<string, Record<string, PgColumn>>;

type RowOf<Fields> = Fields extends PgColumn
  ? Fields["_"]["notNull"] extends true
    ? Fields["_"]["data"]
    : Fields["_"]["data"] | null
  : { [Name in keyof Fields]: RowOf<Fields[Name]> };

export interface FastSelect<Row> {
  /** `select … from … join …`: what narrows it follows. */
  head: string;
  /** A row as PostgreSQL gave it: its values in order. */
  toRow(values: readonly unknown[]): Row;
}

/** `from` names the first table and the joins, with no values in it. Joins must be inner ones. */
export function fastSelect<Fields extends Groups>(fields: Fields, from: SQL): FastSelect<RowOf<Fields>> {
  let at = 0;
  const groups = Object.entries(fields).map(([group, columns]) => ({
    group,
    columns: Object.entries(columns).map(([name, column]) => ({ name, column, at: at++, decode: decoderOf(column) })),
  }));
  const columns = groups.flatMap((each) => each.columns).map(({ column }) => sql`${column}`);
  const head = new PgDialect({ casing: "snake_case" }).sqlToQuery(sql`select ${sql.join(columns, sql`, `)} from ${from}`);
  if (head.params.length > 0) throw new Error("what comes before `where` has no values");
  return {
    head: head.sql,
    toRow: (values) => {
      const row: Record<string, Record<string, unknown>> = {};
      for (const { group, columns } of groups) {
        const part: Record<string, unknown> = {};
        for (const { name, at, decode } of columns) {
          const value = values[at];
          part[name] = decode === null || value === null ? value : decode(value);
        }
        row[group] = part;
      }
      return row as RowOf<Fields>; // safe: one value for each of the columns, in their order
    },
  };
}

/** Null where a value is what the driver gave. */
function decoderOf(column: PgColumn): ((value: unknown) => unknown) | null {
  if (column.mapFromDriverValue === Column.prototype.mapFromDriverValue) return null;
  return (value) => column.mapFromDriverValue(value);
}
