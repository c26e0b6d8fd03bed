import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveCaller, readCallers } from "./callers.ts";
import { connect, type Database, openPool } from "./connect.ts";
import { newId } from "./ids.ts";

let target: TestDatabase;
let database: Database;
let owner: ReturnType<typeof openPool>;
const [account, workspace, session, key] = [newId(), newId(), newId(), newId()];

beforeAll(async () => {
  target = await openTestDatabase();
  database = connect(target, { poolMax: 2 });
  owner = openPool(target, null, 1);
  await owner`insert into account (id, email, name, password_hash) values (${account}, 'a@example.com', 'Ada', 'x')`;
  await owner`insert into workspace (id, name, slug) values (${workspace}, 'W', 'w')`;
  await owner`insert into membership (workspace_id, account_id, role, name) values (${workspace}, ${account}, 'member', 'Ada')`;
  await owner`insert into session (id, account_id, expires_at) values (${session}, ${account}, now() + interval '1 day')`;
  await owner`insert into api_key (workspace_id, id, name, prefix, hash, role, scopes)
    values (${workspace}, ${key}, 'ci', 'axk_', 'h', 'viewer', array['agents.read'])`;
}, 180_000);
afterAll(async () => {
  await owner.end({ timeout: 5 });
  await database.close();
  await target.close();
});

const bySession = (workspaceId: string | null, id = session): LiveCaller => ({ kind: "session", id, workspaceId });
const byKey = (workspaceId: string | null, id = key): LiveCaller => ({ kind: "apiKey", id, workspaceId });
const nobody = { good: false, role: null, scopes: null };

describe("whether live callers may go on", () => {
  it("is told for all of them in the order they were asked for", async () => {
    expect(
      await readCallers(database, [
        byKey(workspace),
        bySession(null),
        bySession(workspace),
        bySession(newId()),
        byKey(newId()),
        bySession(workspace, newId()),
      ]),
    ).toEqual([
      { good: true, role: "viewer", scopes: ["agents.read"] },
      { good: true, role: null, scopes: null },
      { good: true, role: "member", scopes: null },
      { good: true, role: null, scopes: null },
      nobody,
      nobody,
    ]);
    expect(await readCallers(database, [])).toEqual([]);
  });

  it("changes with the role, the workspace, and the end of the session or key", async () => {
    const both = () => readCallers(database, [bySession(workspace), byKey(workspace)]);
    await owner`update membership set role = 'admin' where account_id = ${account}`;
    expect((await both())[0]?.role).toBe("admin");
    await owner`update workspace set deleted_at = now() where id = ${workspace}`;
    expect(await both()).toMatchObject([
      { good: true, role: null },
      { good: true, role: null },
    ]);
    await owner`update workspace set deleted_at = null where id = ${workspace}`;
    await owner`update session set expires_at = now() where id = ${session}`;
    await owner`update api_key set expires_at = now() where id = ${key}`;
    expect(await both()).toEqual([nobody, { ...nobody, role: null }]);
    await owner`update session set expires_at = now() + interval '1 day', revoked_at = now() where id = ${session}`;
    await owner`update api_key set expires_at = null, revoked_at = now() where id = ${key}`;
    expect(await both()).toEqual([nobody, nobody]);
  });

  it("is told of many thousands in a few questions", async () => {
    const states = await readCallers(
      database,
      Array.from({ length: 5_000 }, (_, n) => (n % 2 ? bySession(workspace, newId()) : byKey(workspace))),
    );
    expect(states).toHaveLength(5_000);
  });
});
