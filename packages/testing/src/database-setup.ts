/**
 * What a test run prepares once: a migrated database to copy from, as a dump for the embedded engine or, when
 * TEST_DATABASE_URL is set, as a template on that server.
 *
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPool } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { migrate } from "@axon/db/migrate";

const migrationsDir = fileURLToPath(new URL("../../db/drizzle", import.meta.url));
const workspaceFile = fileURLToPath(new URL("../../../pnpm-workspace.yaml", import.meta.url));
const cacheDir = fileURLToPath(new URL("../../../node_modules/.cache/axon-test", import.meta.url));

/** Dumps of other migrations, and databases of runs that were killed, are removed when they are this old. */
const leftoverMs = 6 * 60 * 60 * 1000;
/** Databases of all runs begin so; then come the second the run began and a random part. */
const databasePrefix = "axon_test_";

/** Makes the dump of a migrated embedded database, unless an earlier run left it. Gives its path. */
export async function prepareDump(): Promise<string> {
  const path = join(cacheDir, `${await migrationsHash()}.tar`);
  await mkdir(cacheDir, { recursive: true });
  await removeOldDumps(path);
  if (await exists(path)) return path;
  const database = await openEmbedded({ dataDir: null });
  try {
    await migrate(database);
    const dump = await database.dump();
    const draft = `${path}.${randomBytes(6).toString("hex")}`;
    await writeFile(draft, Buffer.from(await dump.arrayBuffer()));
    await rename(draft, path); // Two runs at once make the same dump; a reader never sees half of one.
  } finally {
    await database.close();
  }
  return path;
}

/** Makes the template database of this run. Gives its name, with which the names of all its copies begin. */
export async function prepareTemplate(serverUrl: string): Promise<string> {
  const template = `${databasePrefix}${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString("hex")}`;
  await dropDatabases(serverUrl, (name) => Date.now() - Number(name.split("_")[2]) * 1000 > leftoverMs);
  const admin = openPool({ url: serverUrl }, null, 1);
  try {
    await admin.unsafe(`create database ${template}`);
  } finally {
    await admin.end({ timeout: 5 });
  }
  await migrate({ url: databaseUrl(serverUrl, template) });
  return template;
}

/** Drops the template and whatever test files left behind. */
export async function dropTemplate(serverUrl: string, template: string): Promise<void> {
  await dropDatabases(serverUrl, (name) => name.startsWith(template));
}

/** The server's URL with another database in it. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function dropDatabases(serverUrl: string, isOurs: (name: string) => boolean): Promise<void> {
  const admin = openPool({ url: serverUrl }, null, 1);
  try {
    const rows = await admin<{ datname: string }[]>`select datname from pg_database where starts_with(datname, ${databasePrefix})`;
    for (const { datname } of rows) {
      if (isOurs(datname)) await admin`drop database if exists ${admin(datname)} with (force)`;
    }
  } finally {
    await admin.end({ timeout: 5 });
  }
}

/** Changes when a migration does, or the engine that wrote the dump. */
async function migrationsHash(): Promise<string> {
  const hash = createHash("sha256");
  const names = (await readdir(migrationsDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const path of names.map((entry) => join(entry.parentPath, entry.name)).sort()) hash.update(path).update(await readFile(path));
  const engine = (await readFile(workspaceFile, "utf8")).match(/pglite.*/g) ?? [];
  return hash.update(engine.join()).digest("hex").slice(0, 16);
}

async function removeOldDumps(current: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name);
    if (path === current) continue;
    const found = await stat(path).catch(() => null);
    if (found && Date.now() - found.mtimeMs > leftoverMs) await rm(path, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
