/**
 * Connections, one pool per role. Every statement Axon runs comes through one of these, on the embedded engine and on a server alike.
 *
 * @module
 */
import { drizzle } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";

/** Where the database is: a URL, or a Unix socket that the embedded engine listens on. */
export interface DatabaseTarget {
  url: string;
  /** Path of the socket file; takes the place of the URL's host and port. */
  socketPath?: string;
}

export type DatabaseRole = "axon_app" | "axon_auth" | "axon_engine";

/** The three pools. Closing waits `timeoutSeconds` for statements under way. */
export interface Database {
  app: Sql;
  auth: Sql;
  engine: Sql;
  close(timeoutSeconds?: number): Promise<void>;
}

export interface ConnectOptions {
  /** Connections of the `axon_app` pool; the two others take a third of it each. */
  poolMax: number;
}

/** Opens the pools lazily: nothing is sent before the first statement. */
export function connect(target: DatabaseTarget, options: ConnectOptions): Database {
  const others = Math.max(2, Math.ceil(options.poolMax / 3));
  const app = openPool(target, "axon_app", options.poolMax);
  const auth = openPool(target, "axon_auth", others);
  const engine = openPool(target, "axon_engine", others);
  return {
    app,
    auth,
    engine,
    close: async (timeoutSeconds = 5) => {
      await Promise.all([app, auth, engine].map((pool) => pool.end({ timeout: timeoutSeconds })));
    },
  };
}

/** A pool that works as `role` from its first statement on; with null, as whoever the URL names (migrations). */
export function openPool(target: DatabaseTarget, role: DatabaseRole | null, max: number): Sql {
  const pool = postgres(target.url, {
    max,
    ...(target.socketPath ? { path: target.socketPath } : {}),
    connection: {
      application_name: `axon:${role ?? "owner"}`,
      TimeZone: "UTC",
      // A startup setting, as PGOPTIONS would give it: every session begins, and RESET ROLE ends, in this role.
      ...(role ? { role } : {}),
    },
    idle_timeout: 60,
    connect_timeout: 15,
    onnotice: () => {},
  });
  drizzle(pool); // Sets the parsers that keep times as text; see columns.ts.
  return pool;
}

/**
 * Refuses to go on when the pool could see past the fences: a superuser, a role with BYPASSRLS or an owner of tables.
 * Throws an Error that names the role and what to change.
 */
export async function assertFenced(database: Database): Promise<void> {
  const [row] = await database.app<{ role: string; loose: boolean; owns: boolean }[]>`
    select current_user as role,
      (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as loose,
      exists (select 1 from pg_class c join pg_roles r on r.oid = c.relowner
        where r.rolname = current_user and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace) as owns`;
  if (row?.role !== "axon_app" || row.loose || row.owns) {
    throw new Error(
      `the application works as "${row?.role}", which row-level security does not hold; let the user of DATABASE_URL be a member of axon_app`,
    );
  }
}
