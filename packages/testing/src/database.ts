/**
 * A migrated database of its own for each test file: embedded, or on the server that TEST_DATABASE_URL names.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type DatabaseTarget, openPool } from "@axon/db/connect";
import { openEmbedded, serveEngine } from "@axon/db/embedded/open";
import { inject } from "vitest";
import { databaseUrl } from "./database-setup.ts";
import { takeEngine } from "./engine-pool.ts";
import type { PreparedDatabase } from "./global-setup.ts";

/** Fits `connect()` as it is. */
export interface TestDatabase extends DatabaseTarget {
  kind: "embedded" | "server";
  /** Empties every table of schema public; quick enough for `beforeEach`. */
  truncate(): Promise<void>;
  /** Close your own pools first; then this ends the database and everything in it. */
  close(): Promise<void>;
}

const truncateSql = `do $$ declare tables text; begin
  select string_agg(format('%I.%I', schemaname, tablename), ', ') into tables from pg_tables where schemaname = 'public';
  if tables is not null then execute 'truncate ' || tables || ' restart identity cascade'; end if;
end $$`;

/** Opens a migrated database with nothing in it. Throws when the run could not prepare one. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const prepared = inject("testDatabase");
  if (prepared.kind === "failed") throw new Error(`this run has no test database: ${prepared.reason}`);
  return prepared.kind === "embedded" ? openCopy(prepared.dumpPath) : createOn(prepared, prepared.template);
}

/** Opens a database in which nothing has been made yet, for tests of how one comes to be. */
export async function openEmptyDatabase(): Promise<TestDatabase> {
  const prepared = inject("testDatabase");
  if (prepared.kind === "failed") throw new Error(`this run has no test database: ${prepared.reason}`);
  if (prepared.kind === "server") return createOn(prepared, "template0");
  const database = await openEmbedded({ dataDir: null });
  return withOwner("embedded", database, () => database.close());
}

async function openCopy(dumpPath: string): Promise<TestDatabase> {
  const { engine, release } = await takeEngine(dumpPath);
  const database = await serveEngine(engine);
  return withOwner("embedded", database, async () => {
    await database.close();
    await release();
  });
}

/** Its name begins with that of the run's template, by which the run finds what was left behind. */
async function createOn({ serverUrl, template }: Extract<PreparedDatabase, { kind: "server" }>, copied: string): Promise<TestDatabase> {
  const name = `${template}_${randomBytes(4).toString("hex")}`;
  await runOnce(serverUrl, `create database ${name} template ${copied}`);
  return withOwner("server", { url: databaseUrl(serverUrl, name) }, () =>
    runOnce(serverUrl, `drop database if exists ${name} with (force)`),
  );
}

/** One connection as the owner, opened when it is first needed. */
function withOwner(kind: TestDatabase["kind"], target: DatabaseTarget, close: () => Promise<void>): TestDatabase {
  const owner = openPool(target, null, 1);
  return {
    kind,
    url: target.url,
    ...(target.socketPath ? { socketPath: target.socketPath } : {}),
    truncate: async () => {
      await owner.unsafe(truncateSql);
    },
    close: async () => {
      await owner.end({ timeout: 5 });
      await close();
    },
  };
}

async function runOnce(url: string, sql: string): Promise<void> {
  const admin = openPool({ url }, null, 1);
  try {
    await admin.unsafe(sql);
  } finally {
    await admin.end({ timeout: 5 });
  }
}
