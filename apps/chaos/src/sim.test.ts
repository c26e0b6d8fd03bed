import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plants } from "./planted/plants.ts";
import { findPlanted } from "./prove.ts";
import { runOnce } from "./sim/run.ts";
import { shrink } from "./sim/shrink.ts";
import { openWorld, type World } from "./sim/world.ts";

const runs = 8;
let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await openTestDatabase();
  world = await openWorld(database, { embedded: database.kind === "embedded" });
});
afterAll(async () => {
  await world?.close();
  await database?.close();
});

describe("the simulation of the message path", () => {
  it("finds nothing lost, doubled, out of order or said over a person, and does not look away", async () => {
    let [messages, replies, faults] = [0, 0, 0];
    for (let at = 0; at < runs; at++) {
      const result = await runOnce(world, { seed: `suite/${at}` });
      expect(result.violation, result.trace.join("\n")).toBeNull();
      messages += result.messages;
      replies += result.replies;
      faults += result.faults;
    }
    expect(Math.min(messages, faults)).toBeGreaterThan(runs);
    expect(replies).toBeGreaterThan(0);
  }, 240_000);

  it("is the same for the same seed, step by step", async () => {
    const [first, again, other] = [
      await runOnce(world, { seed: "suite/3" }),
      await runOnce(world, { seed: "suite/3" }),
      await runOnce(world, { seed: "suite/4" }),
    ];
    expect(again.trace).toEqual(first.trace);
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  }, 120_000);

  it.each(Object.keys(plants))(
    "finds what is planted: %s",
    async (name) => {
      const { result } = await findPlanted(world, name, "planted");
      expect(result?.violation).toMatchObject({ rule: expect.any(String) });
      // What found it was the bug, and not the weather: the same run without it is well.
      expect((await runOnce(world, { seed: result?.seed ?? "" })).violation).toBeNull();
    },
    240_000,
  );

  it("tells the shortest way to a failure that it finds", async () => {
    const plant = plants["publish-before-commit"] ?? null;
    const { result } = await findPlanted(world, "publish-before-commit", "planted");
    if (!result) throw new Error("the planted bug was not found");
    const small = await shrink(world, result, plant);
    expect(small.violation?.rule).toBe(result.violation?.rule);
    expect(small.trace.length).toBeLessThan(10);
  }, 240_000);
});
