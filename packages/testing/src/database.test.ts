import { connect, openPool } from "@axon/db/connect";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "./database.ts";
import { openTestRedis } from "./database-redis.ts";

let first: TestDatabase;
let second: TestDatabase;

beforeAll(async () => {
  [first, second] = await Promise.all([openTestDatabase(), openTestDatabase()]);
});
afterAll(async () => {
  await first.close();
  await second.close();
});

describe("a test database", () => {
  it("is migrated, and lets the application in as its own role", async () => {
    const database = connect(first, { poolMax: 2 });
    const [row] =
      await database.app`select current_user as role, (select count(*)::int from pg_tables where schemaname = 'public') as tables`;
    await database.close();
    expect(row?.role).toBe("axon_app");
    expect(row?.tables).toBeGreaterThan(3);
  });

  it("is not shared with another test file", async () => {
    const [one, two] = [openPool(first, null, 1), openPool(second, null, 1)];
    await one`create table only_here (id int)`;
    const [row] = await two`select to_regclass('only_here') as found`;
    await Promise.all([one.end(), two.end()]);
    expect(row?.found).toBeNull();
  });

  it("is empty after truncate, and still migrated", async () => {
    const owner = openPool(second, null, 1);
    await owner`create table of_mine (id int generated always as identity, note text)`;
    await owner`insert into of_mine (note) values ('a'), ('b')`;
    await second.truncate();
    await owner`insert into of_mine (note) values ('c')`;
    const rows = await owner`select id, note from of_mine`;
    const [journal] = await owner`select count(*)::int as applied from drizzle.__drizzle_migrations`;
    await owner.end();
    expect([...rows]).toEqual([{ id: 1, note: "c" }]);
    expect(journal?.applied).toBeGreaterThan(0);
  });
});

describe("a test Redis", () => {
  it("leaves nothing of its own behind, and what is not its own alone", async ({ skip }) => {
    const mine = openTestRedis();
    const other = openTestRedis();
    if (!mine || !other) return skip("TEST_REDIS_URL is not set");
    const redis = new Redis(mine.url);
    await redis.mset(`${mine.prefix}:a`, "1", `{${mine.prefix}}:b`, "1", `${other.prefix}:c`, "1");
    await mine.close();
    expect(await redis.exists(`${mine.prefix}:a`, `{${mine.prefix}}:b`)).toBe(0);
    expect(await redis.exists(`${other.prefix}:c`)).toBe(1);
    await other.close();
    redis.disconnect();
  });
});
