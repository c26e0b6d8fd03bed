import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import pg from "pg";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedDatabase, openEmbedded } from "./open.ts";
import { preparedDump } from "./testing/dump.ts";

let database: EmbeddedDatabase;
const pools: Sql[] = [];

beforeAll(async () => {
  database = await openEmbedded({ dataDir: null, loadDump: await preparedDump() });
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end({ timeout: 1 })));
  await database.close();
});

function pool(options: postgres.Options<Record<string, never>> = {}): Sql {
  const made = postgres({ ...database.connection, max: 8, onnotice: () => {}, ...options });
  pools.push(made);
  return made;
}

const fourHundred = Array.from({ length: 400 }, (_, index) => index);

describe("many clients on the embedded engine", () => {
  it("gives each of 400 concurrent unnamed statements its own answer over drizzle", async () => {
    const db = drizzle(pool({ prepare: false }));
    const answers = await Promise.all(fourHundred.map(async (n) => (await db.execute(sql`select ${n}::int as n, pg_sleep(0)`))[0]?.n));
    expect(answers).toEqual(fourHundred);
  });

  it("gives each of 400 concurrent statements its own answer over postgres.js, prepared or not", async () => {
    for (const prepare of [false, true]) {
      const client = pool({ prepare });
      const answers = await Promise.all(fourHundred.map(async (n) => (await client`select ${n}::int as n`)[0]?.n));
      expect(answers).toEqual(fourHundred);
    }
  });

  it("gives each of 400 concurrent statements its own answer over node-postgres, by its URL and by its options", async () => {
    for (const options of [{ connectionString: database.url }, database.connection]) {
      const client = new pg.Pool({ ...options, max: 8 });
      const answers = await Promise.all(fourHundred.map(async (n) => (await client.query("select $1::int as n", [n])).rows[0].n));
      expect(answers).toEqual(fourHundred);
      await client.end();
    }
  });
});
