import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DataDirInUseError, lockDataDir } from "./lock.ts";
import { type EmbeddedDatabase, openEmbedded } from "./open.ts";
import { preparedDump, preparedDumpPath } from "./testing/dump.ts";
import { RawClient, startup } from "./testing/raw-client.ts";

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "axon-open-"));
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function read<Row extends object>(database: EmbeddedDatabase, text: string): Promise<Row[]> {
  const sql = postgres({ ...database.connection, max: 1, onnotice: () => {} });
  const rows = await sql.unsafe<Row[]>(text);
  await sql.end();
  return [...rows];
}

/** Runs the fixture until it has committed this many rows, then kills it in the middle of its writing. */
async function writeAndKill(dataDir: string, rows: number): Promise<number> {
  const fixture = fileURLToPath(new URL("open.fixture.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", "-C", "source", fixture, dataDir, preparedDumpPath()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let committed = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    committed = Number(line);
    if (committed >= rows) break;
  }
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return committed;
}

describe("an embedded database on disk", () => {
  it("comes back with every committed row after its process was killed while it wrote, and is open to one process only", async () => {
    const dataDir = join(home, "killed");
    const committed = await writeAndKill(dataDir, 120);
    expect(existsSync(join(dataDir, "lock"))).toBe(true);
    const again = await openEmbedded({ dataDir });
    const [row] = await read<{ n: number; max: number; size: number }>(
      again,
      "select count(*)::int as n, max(n) as max, min(length(filler)) as size from written",
    );
    expect(row?.max).toBeGreaterThanOrEqual(committed);
    expect(row).toEqual({ n: (row?.max ?? 0) + 1, max: row?.max, size: 2000 });
    await expect(openEmbedded({ dataDir })).rejects.toThrow(DataDirInUseError);
    await again.close();
    expect(existsSync(join(dataDir, "lock"))).toBe(false);
  }, 120_000);

  it("is made again when its making was cut short", async () => {
    const dataDir = join(home, "halfway");
    lockDataDir(dataDir)();
    await rm(join(dataDir, "pg.new"), { recursive: true, force: true });
    await writeFile(join(dataDir, "pg.new"), "half a cluster");
    const database = await openEmbedded({ dataDir });
    expect(await read(database, "select 1 as n")).toEqual([{ n: 1 }]);
    await database.close();
  }, 120_000);
});

describe("an embedded database in memory", () => {
  it("is a copy of the dump it was given, and is private to this user", async () => {
    const first = await openEmbedded({ dataDir: null, loadDump: await preparedDump() });
    await read(first, "create table kept as select '[1,2,3]'::vector as v");
    const second = await openEmbedded({ dataDir: null, loadDump: await first.dump() });
    expect(await read(second, "select v::text from kept order by v <-> '[1,2,4]'")).toEqual([{ v: "[1,2,3]" }]);
    expect((await stat(first.connection.host)).mode & 0o077).toBe(0);
    await Promise.all([first.close(), first.close(), second.close()]);
    expect(existsSync(first.connection.host)).toBe(false);
  }, 120_000);

  it("listens on loopback behind a password where a socket's path would be too long", async () => {
    const database = await openEmbedded({ dataDir: null, loadDump: await preparedDump(), socketDir: join(home, "x".repeat(120)) });
    expect(database.socketPath).toBeUndefined();
    expect(await read(database, "select 1 as n")).toEqual([{ n: 1 }]);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.end();
    await expect(new pg.Client({ ...database.connection, password: "guess" }).connect()).rejects.toMatchObject({ code: "28P01" });
    const silent = await RawClient.connect({ port: database.connection.port });
    silent.send(startup({ user: "postgres", database: "postgres" }));
    await silent.until("R");
    silent.send(Buffer.from("Q\0\0\0\x0dselect 1\0", "latin1"));
    expect((await silent.until("E")).at(-1)?.body.toString()).toContain("08P01");
    await database.close();
  }, 120_000);
});

describe("the lock of a data directory", () => {
  it("is taken over from a process that is gone, and from an earlier one that had this one's pid", () => {
    const dataDir = join(home, "stale");
    lockDataDir(dataDir)();
    for (const holder of [
      '{"pid":2147483646,"startedAt":"1","process":"gone"}',
      `{"pid":${process.pid},"startedAt":"1","process":"before"}`,
      "no json",
    ]) {
      writeSyncLock(dataDir, holder);
      const unlock = lockDataDir(dataDir);
      expect(() => lockDataDir(dataDir)).toThrow(DataDirInUseError);
      unlock();
    }
  });

  it("is left to a process that is alive", () => {
    const dataDir = join(home, "held");
    lockDataDir(dataDir)();
    writeSyncLock(dataDir, `{"pid":${process.ppid},"startedAt":null,"process":"another"}`);
    expect(() => lockDataDir(dataDir)).toThrow(/open in process/);
  });
});

function writeSyncLock(dataDir: string, content: string): void {
  writeFileSync(join(dataDir, "lock"), content);
}
