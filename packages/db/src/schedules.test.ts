/** Five processes, one timetable, and a clock that is turned by hand. */
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, type Database } from "./connect.ts";
import { newId } from "./ids.ts";
import { createTicks } from "./schedules.ts";

const [hourMs, leaseMs] = [3_600_000, 60_000];
let testDatabase: TestDatabase;
let database: Database;
let clockMs: number;
let name: string;

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 6 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.close();
});
beforeEach(() => {
  clockMs = Date.parse("2026-11-22T10:00:00Z");
  name = `retention-${newId()}`;
});

const replica = () => createTicks(database, () => sql`to_timestamp(${clockMs}::float8 / 1000)`);
const replicas = () => Array.from({ length: 5 }, replica);
const allTake = async () =>
  (await Promise.all(replicas().map((ticks) => ticks.take(name, hourMs, leaseMs)))).filter((fence) => fence !== null);

describe("a timetable of five processes", () => {
  it("gives each tick to exactly one of them, over a day", async () => {
    let runs = 0;
    for (let minute = 0; minute < 24 * 60; minute += 30) {
      clockMs = Date.parse("2026-11-22T10:00:00Z") + minute * 60_000;
      for (const fence of await allTake()) {
        runs += 1;
        expect(await replica().end(name, fence)).toBe(true);
      }
    }
    expect(runs).toBe(24);
  });

  it("makes up once for the hours that nobody was there", async () => {
    const [first] = await allTake();
    await replica().end(name, first ?? 0);
    clockMs += 7.5 * hourMs;
    const taken = await allTake();
    expect(taken).toHaveLength(1);
    await replica().end(name, taken[0] ?? 0);
    expect(await allTake()).toEqual([]);
    clockMs += hourMs / 2;
    expect(await allTake()).toHaveLength(1);
  });

  it("gives the tick of one that died to another when its lease is over, and to nobody before", async () => {
    const [dead] = await allTake();
    clockMs += leaseMs - 1;
    expect(await allTake()).toEqual([]);
    clockMs += 2;
    const taken = await allTake();
    expect(taken).toHaveLength(1);
    // It wakes up, and can neither prolong, end nor give up what is another's.
    expect(await replica().renew(name, dead ?? 0, leaseMs)).toBe(false);
    expect(await replica().end(name, dead ?? 0)).toBe(false);
    await replica().giveUp(name, dead ?? 0, 0);
    expect(await allTake()).toEqual([]);
    expect(await replica().renew(name, taken[0] ?? 0, leaseMs)).toBe(true);
    expect(await replica().end(name, taken[0] ?? 0)).toBe(true);
    expect(await allTake()).toEqual([]);
  });

  it("lets a run that takes hours end, and the ticks that went by meanwhile are one", async () => {
    const [long] = await allTake();
    for (let minute = 0; minute < 150; minute += 1) {
      clockMs += 60_000 - 1;
      expect(await replica().renew(name, long ?? 0, leaseMs)).toBe(true);
      if (minute % 30 === 0) expect(await allTake()).toEqual([]);
    }
    await replica().end(name, long ?? 0);
    expect(await allTake()).toHaveLength(1);
  });

  it("gives a run that failed to anybody, after the time that was named", async () => {
    const [failed] = await allTake();
    await replica().giveUp(name, failed ?? 0, 5_000);
    clockMs += 4_000;
    expect(await allTake()).toEqual([]);
    clockMs += 1_500;
    expect(await allTake()).toHaveLength(1);
  });
});
