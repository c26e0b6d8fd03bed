/**
 * Brings a database to the newest schema. Safe to call from many starting processes at once.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import { type DatabaseTarget, openPool } from "./connect.ts";

/** Any constant will do, as long as every version of Axon takes the same one. */
const migrationLock = 7_204_911;

/**
 * Applies every migration that is missing, as the owner of the tables. Others that start meanwhile wait for the lock and
 * then find nothing to do. Throws what PostgreSQL says when a migration cannot be applied; nothing of it is kept then.
 */
export async function migrate(target: DatabaseTarget): Promise<void> {
  const pool = openPool(target, null, 1);
  try {
    await pool`select pg_advisory_lock(${migrationLock})`;
    await applyMigrations(drizzle(pool), { migrationsFolder: fileURLToPath(new URL("../drizzle", import.meta.url)) });
    await pool`select pg_advisory_unlock(${migrationLock})`;
  } finally {
    await pool.end({ timeout: 5 });
  }
}
