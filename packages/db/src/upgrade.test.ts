import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { QueuedJob } from "@axon/contracts/jobs";
import { openEmptyDatabase, type TestDatabase } from "@axon/testing/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database, openPool } from "./connect.ts";
import { firstReleaseIds, readAsFirstRelease, writeAsFirstRelease } from "./first-release.fixture.ts";
import { migrate, pendingMigrations } from "./migrate.ts";
import { deliverOutbox } from "./outbox.ts";

const ourFolder = fileURLToPath(new URL("../drizzle", import.meta.url));
const firstRelease = ["0000_roles", "0001_tables", "0002_fences"];
/** Tables that belong to no workspace, each for a reason: accounts, and what is owed to them or about them. */
const shared = ["account", "email_token", "mail", "purge", "recovery_code", "refresh_token", "schedule", "session"];
const appendOnly = ["agent_version", "audit_entry", "event", "reply_trace"];
const [one, two, later] = [1, 2, 3];

let folder: string;
let testDatabase: TestDatabase;
let database: Database;
let owner: ReturnType<typeof openPool>;
let applied: string[];
let pendingBefore: number;
const before = new Map<number, Record<string, readonly unknown[]>>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "axon-first-release-"));
  cpSync(ourFolder, folder, { recursive: true });
  const journalPath = join(folder, "meta", "_journal.json");
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(journalPath, "utf8"));
  writeFileSync(journalPath, JSON.stringify({ ...journal, entries: journal.entries.filter(({ tag }) => firstRelease.includes(tag)) }));

  testDatabase = await openEmptyDatabase();
  owner = openPool(testDatabase, null, 1);
  await migrate(testDatabase, folder);
  database = connect(testDatabase, { poolMax: 3 });
  for (const number of [one, two]) {
    await writeAsFirstRelease(database, number);
    before.set(number, await readAsFirstRelease(database, number));
  }
  pendingBefore = await pendingMigrations(database);
  applied = await migrate(testDatabase);
});
afterAll(async () => {
  await owner?.end();
  await database?.close();
  await testDatabase?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface TableRow {
  name: string;
  fenced: boolean;
  forced: boolean;
  tenantPolicy: boolean;
  column: string | null;
}

async function tables(): Promise<TableRow[]> {
  return owner<TableRow[]>`
    select c.relname as name, c.relrowsecurity as fenced, c.relforcerowsecurity as forced,
      exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = c.relname || '_tenant' and p.polcmd = '*'
        and pg_get_expr(p.polqual, p.polrelid) like '%app.workspace_id%' and pg_get_expr(p.polwithcheck, p.polrelid) like '%app.workspace_id%') as "tenantPolicy",
      (select case when a.attnotnull then 'always' else 'sometimes' end from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id') as column
    from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1`;
}

describe("a database of the first release, brought to this one", () => {
  it("gets every migration that came since, and lacks none then", async () => {
    expect(applied.length).toBeGreaterThan(0);
    expect(applied).not.toContain(firstRelease.at(-1));
    expect(pendingBefore).toBeGreaterThanOrEqual(applied.length);
    expect(await pendingMigrations(database)).toBe(0);
    expect(await migrate(testDatabase)).toEqual([]);
  });

  it("still has all that was in it, where it was", async () => {
    for (const number of [one, two]) {
      const now = await readAsFirstRelease(database, number);
      for (const [what, rows] of Object.entries(now)) expect({ what, rows: rows.length }).not.toEqual({ what, rows: 0 });
      expect(now).toEqual(before.get(number));
      for (const rows of Object.values(now))
        expect(JSON.stringify(rows)).not.toContain(firstReleaseIds(number === one ? two : one).workspace);
    }
  });

  it("has a fence around every table, its owner included, and no row without a workspace", async () => {
    const all = await tables();
    expect(all.filter(({ name }) => shared.includes(name)).map(({ name }) => name)).toEqual(shared);
    const tenants = all.filter(({ name }) => !shared.includes(name));
    expect(tenants.filter((row) => !(row.fenced && row.forced && row.tenantPolicy))).toEqual([]);
    expect(tenants.filter(({ column }) => column !== "always").map(({ name, column }) => ({ name, column }))).toEqual([
      { name: "dead_letter", column: "sometimes" },
      { name: "outbox", column: "sometimes" }, // What is owed to an account, such as a mail.
      { name: "workspace", column: null },
    ]);
    const [stray] = await owner<{ rows: number }[]>`select count(*)::int as rows from outbox where workspace_id is null`;
    expect(stray?.rows).toBe(0);
  });

  it("lets nobody change or remove what is only ever added to", async () => {
    const rights = await owner<{ name: string }[]>`
      select t.name || ': ' || r.name || ' may ' || p.name as name
      from unnest(${appendOnly}::text[]) t(name), unnest(${["axon_app", "axon_auth", "axon_engine"]}::text[]) r(name), unnest(${["UPDATE", "DELETE", "TRUNCATE"]}::text[]) p(name)
      where has_table_privilege(r.name, 'public.' || t.name, p.name) or (p.name = 'UPDATE' and has_any_column_privilege(r.name, 'public.' || t.name, 'UPDATE'))`;
    // What is older than the replay window goes; the fence keeps what is younger than a day.
    expect(rights.map(({ name }) => name)).toEqual(["event: axon_engine may DELETE"]);
    const [young] = await owner<{ events: number }[]>`select count(*)::int as events from event where at > now() - interval '1 day'`;
    expect(young?.events).toBeGreaterThan(0);
    expect(await database.engine`delete from event where at > now() - interval '1 day' returning 1`).toHaveLength(0);
    for (const name of appendOnly) await expect(database.app`delete from ${database.app(name)}`).rejects.toMatchObject({ code: "42501" });
  });

  it("lets the application see no account, session, token or waiting job", async () => {
    for (const name of [...shared, "outbox"]) {
      await expect(database.app`select 1 from ${database.app(name)}`).rejects.toMatchObject({ code: "42501" });
    }
  });

  it("lets a session go on and an API key in, and says what is new about them", async () => {
    const ids = firstReleaseIds(one);
    await database.auth.begin(async (tx) => {
      await tx`select set_config('app.account_id', ${ids.account}, true), set_config('app.api_key_hash', ${ids.apiKeyHash}, true)`;
      const spent =
        await tx`update "refresh_token" set "spent_at" = now() where ("refresh_token"."hash" = ${ids.refreshHash} and "refresh_token"."spent_at" is null and "refresh_token"."expires_at" > now()) returning "hash"`;
      const used = await tx`update "api_key" set "last_used_at" = now() where "api_key"."hash" = ${ids.apiKeyHash} returning "scopes"`;
      const [account] = await tx`select email_verified_at, totp_secret from account where id = ${ids.account}`;
      expect(spent).toHaveLength(1);
      expect([...used]).toEqual([{ scopes: null }]); // All that its role may do, as before.
      expect(account).toEqual({ email_verified_at: null, totp_secret: null });
    });
  });

  it("takes everything that a server of the first release still writes, and shows it what it wrote", async () => {
    await writeAsFirstRelease(database, later);
    const read = await readAsFirstRelease(database, later);
    expect(Object.keys(read)).toEqual(Object.keys(before.get(one) ?? {}));
    for (const [what, rows] of Object.entries(read))
      expect({ what, rows: rows.length }).toEqual({ what, rows: before.get(one)?.[what]?.length });
  });

  it("delivers the jobs that were waiting, those of the older server too, each once", async () => {
    const delivered: QueuedJob[] = [];
    const deliver = async (jobs: QueuedJob[]) => void delivered.push(...jobs);
    expect(await deliverOutbox(database, 100, deliver)).toBe(3);
    expect(await deliverOutbox(database, 100, deliver)).toBe(0);
    expect(delivered).toMatchObject(
      [one, two, later].map(firstReleaseIds).map((ids) => ({
        key: ids.jobKey,
        name: "turn.run",
        payload: { workspaceId: ids.workspace, turnId: ids.openTurn },
      })),
    );
  });
});
