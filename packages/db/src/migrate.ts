/**
 * Brings a database to the newest schema, and says how far it is from it. Safe to call from many starting processes at once.
 *
 * All that is missing is applied in one transaction, which also holds the lock: a process that is killed, or a pooler that
 * hands the connection on, can leave neither a lock nor half a schema behind. Knows files and their order, never what is in them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Sql, TransactionSql } from "postgres";
import { type Database, type DatabaseTarget, openPool } from "./connect.ts";

const ourFolder = fileURLToPath(new URL("../drizzle", import.meta.url));

/** Any constant will do, as long as every version of Axon takes the same one. */
const migrationLock = 7_204_911;
/** Longest that one process waits for another to finish migrating. */
const otherProcessMs = 10 * 60_000;
/**
 * Longest that a migration waits for a table. While it waits, everybody who needs that table waits behind it; so it rather
 * gives up, lets them through and tries again.
 */
const tableMs = 5_000;
const attemptsMax = 6;
const pauseMs = 1_000;

interface Migration {
  name: string;
  /** In milliseconds since 1970: by this number the database remembers it. */
  writtenAt: number;
}

/**
 * Applies every migration that is missing, as the owner of the tables, and gives their names. Others that start meanwhile
 * wait for the lock and then find nothing to do. Throws what PostgreSQL says when a migration cannot be applied; nothing of
 * it is kept then. `folder` holds the migrations and their journal, as drizzle-kit writes them.
 */
export async function migrate(target: DatabaseTarget, folder: string = ourFolder): Promise<string[]> {
  const entries = await readJournal(folder);
  const migrations = await Promise.all(
    entries.map(async (entry) => ({ ...entry, text: await readFile(join(folder, `${entry.name}.sql`), "utf8") })),
  );
  const pool = openPool(target, null, 1);
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await pool.begin((tx) => applyMissing(tx, migrations));
      } catch (error) {
        if (sqlState(error) !== lockNotAvailable || attempt === attemptsMax) throw error;
        await sleep(pauseMs * attempt);
      }
    }
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** How many migrations of this version the database has not had. A database of a newer version lacks none. */
export async function pendingMigrations(database: Pick<Database, "app">, folder: string = ourFolder): Promise<number> {
  const migrations = await readJournal(folder);
  try {
    return missing(migrations, await readApplied(database.app)).length;
  } catch (error) {
    // Never migrated, or last by a version that did not let the application look.
    if (unreadable.has(sqlState(error))) return migrations.length;
    throw error;
  }
}

const lockNotAvailable = "55P03";
const unreadable = new Set(["42P01", "3F000", "42501"]);

async function applyMissing(tx: TransactionSql, migrations: readonly (Migration & { text: string })[]): Promise<string[]> {
  await waitForOthers(tx);
  await tx.unsafe(`set local lock_timeout = ${tableMs}`);
  await tx.unsafe(bookkeeping);
  const names: string[] = [];
  for (const { name, writtenAt, text } of missing(migrations, await readApplied(tx))) {
    for (const statement of text.split("--> statement-breakpoint")) await tx.unsafe(statement);
    const hash = createHash("sha256").update(text).digest("hex");
    await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${writtenAt})`;
    names.push(name);
  }
  return names;
}

async function waitForOthers(tx: TransactionSql): Promise<void> {
  await tx.unsafe(`set local lock_timeout = ${otherProcessMs}`);
  try {
    await tx`select pg_advisory_xact_lock(${migrationLock})`;
  } catch (error) {
    if (sqlState(error) !== lockNotAvailable) throw error;
    throw new Error(`another process has been migrating this database for ${otherProcessMs / 60_000} minutes`, { cause: error });
  }
}

/** The table that drizzle-kit's own migrator keeps, so that either can go on where the other stopped. */
const bookkeeping = `
  create schema if not exists drizzle;
  create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`;

async function readApplied(sql: Sql | TransactionSql): Promise<ReadonlySet<number>> {
  const rows = await sql<{ created_at: string }[]>`select created_at from drizzle.__drizzle_migrations`;
  return new Set(rows.map((row) => Number(row.created_at)));
}

function missing<Known extends Migration>(migrations: readonly Known[], applied: ReadonlySet<number>): Known[] {
  return migrations.filter(({ writtenAt }) => !applied.has(writtenAt));
}

async function readJournal(folder: string): Promise<Migration[]> {
  // safe: drizzle-kit wrote it, and it is part of this version
  const journal = JSON.parse(await readFile(join(folder, "meta", "_journal.json"), "utf8")) as { entries: { tag: string; when: number }[] };
  return journal.entries.map(({ tag, when }) => ({ name: tag, writtenAt: when }));
}

function sqlState(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
