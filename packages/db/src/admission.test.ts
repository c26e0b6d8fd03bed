import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database } from "./connect.ts";
import { fastSelect } from "./fast-select.ts";
import { newId } from "./ids.ts";
import { account } from "./schema/accounts.ts";
import { agent } from "./schema/agents.ts";
import { membership, workspace } from "./schema/workspaces.ts";
import { type Admission, askAccount, type Tx, withAccount, withAdmitted, withWorkspace } from "./transaction.ts";

let testDatabase: TestDatabase;
/** One connection in each pool that counts: what one transaction leaves behind, the next would find. */
let database: Database;
const [mine, theirs, accountId, stranger] = [newId(), newId(), newId(), newId()];

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 1 });
  for (const [owner, workspaceId] of [
    [accountId, mine],
    [stranger, theirs],
  ] as const) {
    await withAccount(database, { accountId: owner, workspaceId }, async (tx) => {
      await tx.insert(account).values({ id: owner, email: `${owner}@example.com`, name: "N", passwordHash: "x" });
      await tx.insert(workspace).values({ id: workspaceId, name: "W", slug: workspaceId });
      await tx.insert(membership).values({ workspaceId, accountId: owner, role: "owner", name: "N" });
    });
    await withWorkspace(database, workspaceId, (tx) => tx.insert(agent).values({ workspaceId, id: newId(), name: "A", version: 1 }));
  }
});
afterAll(async () => {
  await database.close();
  await testDatabase.close();
});

const membershipOf = (wanted: string, asker = accountId): Admission => ({
  scope: { accountId: asker },
  statement: { text: `select workspace_id as "workspaceId", role from membership where workspace_id = $1`, values: [wanted] },
});
const agents = fastSelect({ agent: { workspaceId: agent.workspaceId, name: agent.name, createdAt: agent.createdAt } }, sql`${agent}`);
const seenBy = (tx: Tx) => tx.select({ workspaceId: agent.workspaceId }).from(agent);
const listed = (tx: Tx) => tx.selectPrepared(agents, { text: "limit $1", values: [10] }, { last: true });
const yes = () => true;

describe("being let in and reading in one trip", () => {
  it("shows a member their own workspace, however it is asked", async () => {
    expect(await withAdmitted(database, membershipOf(mine), yes, seenBy)).toEqual({ given: [{ workspaceId: mine }] });
    const row = { agent: { workspaceId: mine, name: "A", createdAt: expect.stringMatching(/^\d{4}-.*T.*\.\d{3}Z$/) } };
    for (let time = 0; time < 3; time++) expect(await withAdmitted(database, membershipOf(mine), yes, listed)).toEqual({ given: [row] });
  });

  it.each([
    ["another's workspace", membershipOf(theirs)],
    ["a workspace as somebody else", membershipOf(mine, stranger)],
    ["a workspace that there is not", membershipOf(newId())],
  ])("shows whoever asks for %s nothing, and the database itself keeps it shut", async (_what, admission) => {
    let seen: unknown[] | null = null;
    const looking = (tx: Tx) => listed(tx).then((rows) => (seen = rows));
    expect(await withAdmitted(database, admission, yes, looking)).toBeNull();
    expect(seen).toEqual([]);
  });

  it("gives nothing out when its caller says no to what was found", async () => {
    const found: unknown[] = [];
    const no = (row: object) => found.push(row) === 0;
    expect(await withAdmitted(database, membershipOf(mine), no, seenBy)).toBeNull();
    expect(found).toMatchObject([{ workspaceId: mine, role: "owner" }]);
    const failing = () => Promise.reject(new Error("of no interest to a stranger"));
    expect(await withAdmitted(database, membershipOf(theirs), yes, failing)).toBeNull();
    await expect(withAdmitted(database, membershipOf(mine), yes, failing)).rejects.toThrow("of no interest");
  });

  it("can't write, and can't read who else there is", async () => {
    const write = (tx: Tx) => tx.update(agent).set({ name: "B" }).where(eq(agent.workspaceId, mine));
    await expect(withAdmitted(database, membershipOf(mine), yes, write)).rejects.toMatchObject({ cause: { code: "25006" } });
    const others = (tx: Tx) => tx.executePrepared(sql`select id from account`);
    await expect(withAdmitted(database, membershipOf(mine), yes, others)).rejects.toMatchObject({ code: "42501" });
  });

  it("leaves neither its role nor its workspace behind", async () => {
    await withAdmitted(database, membershipOf(mine), yes, listed);
    const [left] = await database.app`select current_user as role, current_setting('app.workspace_id', true) as workspace,
      current_setting('app.account_id', true) as account, (select count(*)::int from agent) as seen`;
    expect(left).toMatchObject({ role: "axon_app", seen: 0 });
    expect([left?.["workspace"] ?? "", left?.["account"] ?? ""]).toEqual(["", ""]);
  });

  it("breaks when something is asked after what was said to be the last, rather than finding nothing", async () => {
    const goingOn = async (tx: Tx) => {
      await listed(tx);
      return seenBy(tx);
    };
    await expect(withAdmitted(database, membershipOf(mine), yes, goingOn)).rejects.toThrow();
    expect(await withWorkspace(database, mine, async (tx) => [await listed(tx), await seenBy(tx)])).toMatchObject([
      [{ agent: { name: "A" } }],
      [{ workspaceId: mine }],
    ]);
  });

  it("fails as a whole when any part of it does, and the connection goes on", async () => {
    const broken: Admission = { ...membershipOf(mine), statement: { text: `select 1/$1::int as "workspaceId"`, values: [0] } };
    await expect(withAdmitted<{ workspaceId: string }, unknown>(database, broken, yes, listed)).rejects.toMatchObject({ code: "22012" });
    await expect(askAccount(database, { accountId }, { text: "select 1/$1::int as one", values: [0] })).rejects.toMatchObject({
      code: "22012",
    });
    expect(await withAdmitted(database, membershipOf(mine), yes, seenBy)).toEqual({ given: [{ workspaceId: mine }] });
    const { scope, statement } = membershipOf(mine);
    expect(await askAccount(database, scope, statement)).toEqual([{ workspaceId: mine, role: "owner" }]);
    expect(await askAccount(database, { accountId: stranger }, statement)).toEqual([]);
  });
});
