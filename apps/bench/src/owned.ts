/**
 * A bench of the database itself: the connection that owns the tables, and the application's, for as long as it takes.
 *
 * @module
 */
import { connect, type Database, openPool } from "@axon/db/connect";
import type { Installation } from "./installation.ts";
import type { BenchResult } from "./result.ts";

/** A connection that owns the tables. */
export type Owner = ReturnType<typeof openPool>;

/** Times what is done before the measuring: `work` runs, and how long it took is told on stderr and kept in seconds under `what`. */
export type Timed = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;

export interface OwnedDatabase {
  owner: Owner;
  app: Database;
  timed: Timed;
  /** What `timed` has taken note of: seconds by name, in order. */
  took: Readonly<Record<string, number>>;
}

/** Measures on PostgreSQL; throws on the embedded engine, whose plans and speed are another matter. */
export async function onOwnDatabase(
  name: string,
  { database }: Pick<Installation, "database">,
  measure: (on: OwnedDatabase) => Promise<BenchResult>,
): Promise<BenchResult> {
  if (database.socketPath !== undefined) throw new Error(`the bench ${name} needs PostgreSQL: set TEST_DATABASE_URL and TEST_REDIS_URL`);
  const owner = openPool(database, null, 1);
  const app = connect(database, { poolMax: 2 });
  const took: Record<string, number> = {};
  const timed: Timed = async (what, work) => {
    const fromMs = performance.now();
    const result = await work();
    const seconds = (performance.now() - fromMs) / 1000;
    took[what] = seconds;
    process.stderr.write(`  ${what}: ${seconds.toFixed(0)} s\n`);
    return result;
  };
  try {
    return await measure({ owner, app, timed, took });
  } finally {
    await app.close();
    await owner.end({ timeout: 5 });
  }
}

/** What was timed, as words. */
export function secondsOf(took: OwnedDatabase["took"]): string {
  return Object.entries(took)
    .map(([what, seconds]) => `${what} ${seconds.toFixed(0)} s`)
    .join(", ");
}
