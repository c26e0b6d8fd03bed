import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type Database } from "./connect.ts";
import { type CopyColumn, copyIn } from "./copy.ts";
import { newId } from "./ids.ts";
import { withWorkspace } from "./transaction.ts";

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 4 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.close();
});

const columns: CopyColumn[] = [
  { name: "id", type: "uuid" },
  { name: "place", type: "integer" },
  { name: "words", type: "text" },
  { name: "path", type: "text[]" },
  { name: "vector", type: "halfvec" },
];
const inside = <Result>(work: Parameters<typeof withWorkspace<Result>>[2]) => withWorkspace(database, newId(), work);

describe("copying rows", () => {
  it("brings every value as it was, whatever stands in it", async () => {
    const numbers = new Float32Array(1536).map((_, index) => (index % 2 ? -1 : 1) * 1.37 ** -(index % 60));
    const rows = [
      [newId(), 7, "plain", ["one", "two"], numbers],
      [newId(), -1, 'tab\t, line\n, \\N, "quoted", {braces}, 漢字 and 👍', ["", 'a "b", {c}', "\\"], null],
      [newId(), 0, "", [], null],
    ] as const;
    const read = await inside(async (tx) => {
      await copyIn(tx, "rows_in", columns, rows);
      return tx.execute<Record<string, unknown>>(
        sql`select id, place, words, path, vector::text as vector from rows_in order by place desc`,
      );
    });
    expect(read.map(({ id, place, words, path }) => [id, place, words, path])).toEqual(
      [rows[0], rows[2], rows[1]].map(([id, place, words, path]) => [id, place, words, path]),
    );
    const vector = JSON.parse(String(read[0]?.["vector"])) as number[]; // safe: as PostgreSQL writes vectors
    const worst = Math.max(...vector.map((value, index) => Math.abs(value - (numbers[index] ?? 0)) / Math.max(Math.abs(value), 2 ** -14)));
    expect(worst).toBeLessThan(2 ** -10.9);
    expect(read.slice(1).map((row) => row["vector"])).toEqual([null, null]);
  });

  it("rounds as PostgreSQL does", async () => {
    const numbers = new Float32Array(1536).map((_, index) => Math.sin(index * index) * 2 ** -(index % 30));
    const read = await inside(async (tx) => {
      await copyIn(tx, "rounded", [{ name: "vector", type: "halfvec" }], [[numbers]]);
      return tx.execute<{ same: boolean }>(sql`select vector = ${`[${numbers.join(",")}]`}::vector::halfvec as same from rounded`);
    });
    expect(read[0]?.same).toBe(true);
  });

  it("takes many rows in pieces, and none when there are none", async () => {
    const count = await inside(async (tx) => {
      await copyIn(tx, "none", [{ name: "words", type: "text" }], []);
      const many = Array.from({ length: 3000 }, (_, index) => [`${index} ${"x".repeat(400)}`]);
      await copyIn(tx, "many", [{ name: "words", type: "text" }], many);
      const [row] = await tx.execute<{ none: number; many: number; length: number }>(
        sql`select (select count(*)::int from none) as none, count(*)::int as many, sum(length(words))::int as length from many`,
      );
      return row;
    });
    expect(count).toEqual({ none: 0, many: 3000, length: 3000 * 401 + 10 + 180 + 2700 + 8000 });
  });

  it("that cannot be done is an error, and the connection is as good as before", async () => {
    const wrong = inside((tx) => copyIn(tx, "wrong", [{ name: "words", type: "text" }], [["fine"], [3]]));
    await expect(wrong).rejects.toThrow("not a text");
    const torn = inside((tx) => copyIn(tx, "torn", [{ name: "id", type: "uuid" }], [["not a uuid"]]));
    await expect(torn).rejects.toThrow("not a UUID");
    const refused = inside((tx) => copyIn(tx, "refused", [{ name: "words", type: "text" }], [["no \u0000 is kept"]]));
    await expect(refused).rejects.toThrow("could not be copied");
    const again = await Promise.all(
      Array.from({ length: 6 }, (_, index) => inside((tx) => tx.execute<{ is: number }>(sql`select ${index}::int as is`))),
    );
    expect(again.map(([row]) => row?.is)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
