import { describe, expect, it } from "vitest";
import { compareSnapshots } from "./compare.ts";
import { readAccepted, textOf } from "./store.ts";
import { takeSnapshot } from "./take.ts";

describe("the API", () => {
  const accepted = readAccepted();
  const now = takeSnapshot();

  it("breaks no caller of the accepted one; if it is meant to, say so by `npm run api:accept -- --breaking`", () => {
    if (accepted === null) throw new Error("there is no api.snapshot.json; make one by `npm run api:accept`");
    const breaking = compareSnapshots(accepted.snapshot, now).filter((change) => change.breaking);
    expect(breaking.map(({ where, what }) => `${where} ${what}`)).toEqual([]);
  });

  it("is the accepted one, additions included; accept them by `npm run api:accept`", () => {
    const changes = accepted === null ? [] : compareSnapshots(accepted.snapshot, now);
    expect(
      changes.map(({ where, what }) => `${where} ${what}`),
      "run `npm run api:accept`",
    ).toEqual([]);
    expect(textOf(now) === accepted?.text, "run `npm run api:accept`").toBe(true);
  });
});
