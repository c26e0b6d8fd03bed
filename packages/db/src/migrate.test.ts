import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openEmptyDatabase, type TestDatabase } from "@axon/testing/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, openPool } from "./connect.ts";
import { migrate, pendingMigrations } from "./migrate.ts";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

let folder: string;
let testDatabase: TestDatabase;
let owner: ReturnType<typeof openPool>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "axon-migrate-"));
  testDatabase = await openEmptyDatabase();
  owner = openPool(testDatabase, null, 1);
});
afterAll(async () => {
  await owner?.end();
  await testDatabase?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder as drizzle-kit writes it, with these migrations in this order. */
function folderWith(name: string, migrations: Record<string, string>): string {
  const place = join(folder, name);
  mkdirSync(join(place, "meta"), { recursive: true });
  for (const [tag, sql] of Object.entries(migrations)) writeFileSync(join(place, `${tag}.sql`), sql);
  const entries = Object.keys(migrations).map((tag, idx) => ({
    idx,
    when: 1_000 + Number(tag.slice(0, 4)),
    tag,
    breakpoints: true,
    version: "7",
  }));
  writeFileSync(join(place, "meta", "_journal.json"), JSON.stringify({ version: "7", dialect: "postgresql", entries }));
  return place;
}

async function exists(table: string): Promise<boolean> {
  const [row] = await owner<{ found: string | null }[]>`select to_regclass(${table}) as found`;
  return row?.found !== null;
}

/** A process of its own that holds the lock of a migration it has half done, until it is killed. */
async function startHalfDone(): Promise<() => Promise<void>> {
  const program = `
    import postgres from "postgres";
    const sql = postgres(${JSON.stringify(testDatabase.url)}, { max: 1, ${testDatabase.socketPath ? `path: ${JSON.stringify(testDatabase.socketPath)}` : ""} });
    await sql.begin(async (tx) => {
      await tx\`select pg_advisory_xact_lock(7204911)\`;
      await tx\`create table half_done (id int)\`;
      process.stdout.write("half done");
      await new Promise((never) => setInterval(never, 1e9, 0));
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: packageFolder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
}

describe("migrating", () => {
  it("by ten processes at once, while an eleventh is killed over it, happens once", async () => {
    const kill = await startHalfDone();
    const ten = Array.from({ length: 10 }, () => migrate(testDatabase));
    const early = await Promise.race([Promise.any(ten), sleep(300, "all of them wait")]);
    expect(early).toBe("all of them wait");
    await kill();

    const applied = await Promise.all(ten);
    const names = applied.flat();
    expect(applied.filter((some) => some.length > 0)).toHaveLength(1);
    expect(names.length).toBeGreaterThan(2);
    const [journal] = await owner<{ rows: number }[]>`select count(*)::int as rows from drizzle.__drizzle_migrations`;
    expect(journal?.rows).toBe(names.length);
    expect(await exists("half_done")).toBe(false);
  });

  it("leaves nothing of any migration when one of them cannot be applied, and all of them when it can", async () => {
    const broken = folderWith("broken", {
      "0000_good": "create table of_good (id int);",
      "0001_bad": "create table of_bad (id int);\n--> statement-breakpoint\nselect 1 / 0;",
    });
    await expect(migrate(testDatabase, broken)).rejects.toMatchObject({ code: "22012" });
    expect([await exists("of_good"), await exists("of_bad")]).toEqual([false, false]);

    const mended = folderWith("mended", { "0000_good": "create table of_good (id int);", "0001_bad": "create table of_bad (id int);" });
    expect(await migrate(testDatabase, mended)).toEqual(["0000_good", "0001_bad"]);
    expect([await exists("of_good"), await exists("of_bad")]).toEqual([true, true]);
  });

  it("waits for a table that is in use without holding up those who read it, and gets it in the end", async ({ skip }) => {
    if (testDatabase.kind === "embedded") return skip("the embedded engine has one session: nobody else can hold a table");
    const reader = openPool(testDatabase, null, 2);
    const busy = await reader.reserve();
    await busy`begin`;
    await busy`select 1 from agent`;
    const slow = folderWith("slow", { "0002_column": "alter table agent add column of_slow text" });
    const migrating = migrate(testDatabase, slow);
    await sleep(500);
    // It waits behind the open transaction; this read stands behind it in turn, until it gives up for a moment.
    await expect(reader`select count(*) from agent`).resolves.toHaveLength(1);
    await busy`commit`;
    busy.release();
    expect(await migrating).toEqual(["0002_column"]);
    await reader.end();
  });
});

describe("how many migrations are missing", () => {
  it("is those that this version has and the database had not; one that is ahead lacks none", async () => {
    const database = connect(testDatabase, { poolMax: 2 });
    expect(await pendingMigrations(database)).toBe(0);
    const newer = folderWith("newer", { "0000_good": "", "0001_bad": "", "0002_column": "", "0003_next": "", "0004_next": "" });
    expect(await pendingMigrations(database, newer)).toBe(testDatabase.kind === "embedded" ? 3 : 2);
    await database.close();
  });

  it("is all of them where the application may not look, as on a database of the first release", async () => {
    const database = connect(testDatabase, { poolMax: 2 });
    const all = folderWith("all", { "0000_good": "", "0001_bad": "" });
    expect(await pendingMigrations(database, all)).toBe(0);
    await owner`revoke usage on schema drizzle from axon_app`;
    expect(await pendingMigrations(database, all)).toBe(2);
    await owner`grant usage on schema drizzle to axon_app`;
    await database.close();
  });
});
