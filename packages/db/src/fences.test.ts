import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assertFenced, connect, type Database, openPool } from "./connect.ts";
import { newId } from "./ids.ts";
import { account } from "./schema/accounts.ts";
import { agent } from "./schema/agents.ts";
import { membership, workspace } from "./schema/workspaces.ts";
import { withAccount, withWorkspace } from "./transaction.ts";

/** Tables that belong to no workspace, each for a reason. */
const shared = ["account", "session", "refresh_token", "recovery_code", "mail", "email_token", "purge", "schedule"];

let testDatabase: TestDatabase;
let database: Database;
let owner: ReturnType<typeof openPool>;
const [mine, theirs] = [newId(), newId()];

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 4 });
  owner = openPool(testDatabase, null, 1);
  for (const workspaceId of [mine, theirs]) {
    const accountId = newId();
    await withAccount(database, { accountId, workspaceId }, async (tx) => {
      await tx.insert(account).values({ id: accountId, email: `${accountId}@example.com`, name: "N", passwordHash: "x" });
      await tx.insert(workspace).values({ id: workspaceId, name: "W", slug: workspaceId });
      await tx.insert(membership).values({ workspaceId, accountId, role: "owner", name: "N" });
    });
    await withWorkspace(database, workspaceId, (tx) => tx.insert(agent).values({ workspaceId, id: newId(), name: "A", version: 1 }));
  }
});
afterAll(async () => {
  await owner.end();
  await database.close();
  await testDatabase.close();
});

async function tables(): Promise<{ name: string; fenced: boolean; forced: boolean; column: boolean }[]> {
  return owner`
    select c.relname as name, c.relrowsecurity as fenced, c.relforcerowsecurity as forced,
      exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and a.attnotnull) as column
    from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1`;
}

describe("the fences", () => {
  it("stand around every table that is not listed as shared, and hold its owner too", async () => {
    const all = await tables();
    expect(all.length).toBeGreaterThan(15);
    const open = all.filter((table) => !shared.includes(table.name) && !(table.fenced && table.forced));
    expect(open).toEqual([]);
    expect(all.filter((table) => table.fenced && !table.column).map((table) => table.name)).toEqual(["dead_letter", "outbox", "workspace"]);
  });

  it("let a query without a workspace see no row of any of them", async () => {
    for (const { name } of (await tables()).filter((table) => !shared.includes(table.name) && table.name !== "outbox")) {
      const [row] = await database.app`select count(*)::int as count from ${database.app(name)}`;
      expect({ name, count: row?.["count"] }).toEqual({ name, count: 0 });
    }
    await expect(database.app`select 1 from outbox`).rejects.toMatchObject({ code: "42501" });
    const [real] = await owner`select count(*)::int as count from agent`;
    // The rows are there: on a server whose owner is no superuser they would be hidden from it as well.
    expect(real?.["count"]).toBe(2);
  });

  it("let an application connection read no account, session or token", async () => {
    for (const name of shared) await expect(database.app`select 1 from ${database.app(name)}`).rejects.toMatchObject({ code: "42501" });
  });

  it("show a workspace its own rows and nobody else's, whatever the query says", async () => {
    const seen = await withWorkspace(database, mine, (tx) => tx.select({ workspaceId: agent.workspaceId }).from(agent));
    expect(seen).toEqual([{ workspaceId: mine }]);
    expect(await withWorkspace(database, mine, (tx) => tx.select().from(agent).where(eq(agent.workspaceId, theirs)))).toEqual([]);
  });

  it("refuse a row that is written into another workspace", async () => {
    await expect(
      withWorkspace(database, mine, (tx) => tx.insert(agent).values({ workspaceId: theirs, id: newId(), name: "Spy", version: 1 })),
    ).rejects.toMatchObject({ cause: { code: "42501" } });
    expect(await withWorkspace(database, theirs, (tx) => tx.select().from(agent))).toHaveLength(1);
  });

  it("forget the workspace with the transaction, so that the next on the same connection begins with none", async () => {
    const one = connect(testDatabase, { poolMax: 1 });
    await withWorkspace(one, mine, (tx) => tx.select().from(agent));
    const [row] = await one.app`select count(*)::int as count from agent`;
    expect(row?.["count"]).toBe(0);
    await one.close();
  });

  it("refuse to let the application start as a role that could see past them", async () => {
    await expect(assertFenced(database)).resolves.toBeUndefined();
    await expect(assertFenced({ ...database, app: owner })).rejects.toThrow(/row-level security/);
  });
});

describe("a transaction", () => {
  it("keeps nothing of what it wrote when it fails", async () => {
    const id = newId();
    const failing = withWorkspace(database, mine, async (tx) => {
      await tx.insert(agent).values({ workspaceId: mine, id, name: "Gone", version: 1 });
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    expect(await withWorkspace(database, mine, (tx) => tx.select().from(agent).where(eq(agent.id, id)))).toEqual([]);
  });

  it("takes no workspace that is not an id", async () => {
    expect(() => withWorkspace(database, "'; drop table agent; --", async () => {})).toThrow(/UUID/);
  });
});
