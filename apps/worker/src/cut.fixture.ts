/**
 * A worker that dies at a moment of one's choosing: doors to the database and to the outside that count what is asked of them, and
 * from the chosen call on do nothing any more. Only a rollback still passes: that is what a database does for a client that is gone.
 *
 * @module
 */
import type { Database, openPool } from "@axon/db/connect";

type Sql = ReturnType<typeof openPool>;

/** `before`: the call is not made. `after`: it is, and nobody hears of it. */
export interface CutAt {
  call: number;
  when: "before" | "after";
}

export interface Cut {
  /** What was asked, in order: `commit`, `sql`, `files.remove`, … */
  calls: string[];
  /** True once the worker has died. */
  dead(): boolean;
  database: Database;
  /** The same port, with every call of it a moment at which the worker may die. */
  port<Port extends object>(name: string, port: Port): Port;
}

class Died extends Error {
  override readonly name = "Died";
}

const failing = "do $$ begin raise exception 'the worker died' end $$";

/** Without a place it only counts. */
export function cutAt(database: Database, at: CutAt | null): Cut {
  const calls: string[] = [];
  let dead = false;
  /** What becomes of this call. */
  const next = (name: string): "live" | "die_before" | "die_after" => {
    if (dead) return "die_before";
    calls.push(name);
    if (at?.call !== calls.length) return "live";
    dead = true;
    return at.when === "after" ? "die_after" : "die_before";
  };

  const statement = (connection: Sql, text: string, values: unknown, options: unknown): unknown => {
    const run = (...args: unknown[]): unknown => Reflect.apply(connection.unsafe, connection, args);
    if (text === "rollback") return run(text);
    const fate = next(text === "commit" ? "commit" : "sql");
    if (fate === "die_before") return run(failing);
    const running = run(text, values, options);
    if (fate === "live") return running;
    const unheard = Promise.resolve(running).then(() => Promise.reject(new Died("the worker died")));
    unheard.catch(() => {}); // Whoever asked may be past hearing it.
    return Object.assign(unheard, { execute: () => unheard });
  };
  const door = (pool: Sql): Sql =>
    new Proxy(pool, {
      get: (target, name) => {
        if (name !== "reserve") return Reflect.get(target, name);
        return async () => {
          const connection = await target.reserve();
          return new Proxy(connection, {
            get: (real, key) => {
              if (key === "unsafe")
                return (text: string, values: unknown, options: unknown) => statement(connection, text, values, options);
              return Reflect.get(real, key);
            },
          });
        };
      },
    });

  const call = async (name: string, run: () => unknown): Promise<unknown> => {
    const fate = next(name);
    if (fate === "die_before") throw new Died("the worker died");
    const given = await run();
    if (fate === "die_after") throw new Died("the worker died");
    return given;
  };
  const port = <Port extends object>(name: string, real: Port): Port =>
    new Proxy(real, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => call(`${name}.${String(key)}`, () => Reflect.apply(value, target, args));
      },
    });

  return {
    calls,
    dead: () => dead,
    database: { ...database, app: door(database.app), auth: door(database.auth), engine: door(database.engine) },
    port,
  };
}

/** Columns in which a lease ends: `update …` statements that have all of them be over, but for their last word. */
export async function leaseEnds(owner: ReturnType<typeof openPool>): Promise<string[]> {
  const columns = await owner<{ table: string; column: string }[]>`
    select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not a.attisdropped and a.attname like '%lease_until'
      and exists (select 1 from pg_attribute w where w.attrelid = c.oid and w.attname = 'workspace_id')`;
  return columns.map(
    ({ table, column }) => `update "${table}" set "${column}" = now() - interval '1 second' where "${column}" is not null`,
  );
}

/** What time does to a dead worker's leases, in one workspace or (null) in all: they are over. */
export async function letLeasesRunOut(
  owner: ReturnType<typeof openPool>,
  ends: readonly string[],
  workspaceId: string | null,
): Promise<void> {
  const here = workspaceId === null ? "" : ` and workspace_id = '${workspaceId}'`;
  await owner.unsafe(ends.map((end) => `${end}${here}`).join("; "));
}
