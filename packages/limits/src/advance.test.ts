import { describe, expect, it } from "vitest";
import { createAdvance, type TakePoints } from "./advance.ts";

const limit = { name: "n", points: 1_000, seconds: 10, inAdvance: true };

/** Where everybody counts: one window that ends at `endsAtMs`. */
function openCounter(points: number) {
  const counter = { used: 0, trips: 0, endsAtMs: 10_000, nowMs: 0 };
  const take: TakePoints = async (_limit, _key, wanted) => {
    counter.trips += 1;
    await Promise.resolve();
    const granted = Math.max(0, Math.min(wanted, points - counter.used));
    counter.used += wanted;
    return { granted, msLeft: counter.endsAtMs - counter.nowMs };
  };
  return { counter, process: () => createAdvance(take, () => counter.nowMs) };
}

describe("points taken in advance", () => {
  it("let exactly as many through as there are, with few trips", async () => {
    const { counter, process } = openCounter(limit.points);
    const take = process();
    let through = 0;
    for (let call = 0; call < 1_200; call++) if ((await take(limit, "a", 1)).ok) through += 1;
    expect(through).toBe(1_000);
    expect(counter.trips).toBeLessThan(70);
    expect(await take(limit, "a", 1)).toEqual({ ok: false, retryAfterMs: 10_000 });
    expect(counter.trips).toBeLessThan(70);
  });

  it("never let more through than there are, from two processes at once", async () => {
    const { process } = openCounter(limit.points);
    const processes = [process(), process()];
    const asked = Array.from({ length: 3_000 }, (_, call) => processes[call % 2]?.(limit, "a", 1));
    const answers = await Promise.all(asked);
    expect(answers.filter((answer) => answer?.ok)).toHaveLength(1_000);
  });

  it("are of no use in the next window", async () => {
    const { counter, process } = openCounter(Number.POSITIVE_INFINITY);
    const take = process();
    for (let call = 0; call < 100; call++) await take(limit, "a", 1);
    const { trips } = counter;
    Object.assign(counter, { nowMs: 10_000, endsAtMs: 20_000 });
    expect(await take(limit, "a", 1)).toEqual({ ok: true });
    expect(counter.trips).toBe(trips + 1);
  });

  it("refuse what costs more than is left, and still let through what costs less", async () => {
    const { process } = openCounter(7);
    const take = process();
    expect(await take(limit, "a", 5)).toEqual({ ok: true });
    expect(await take(limit, "a", 5)).toMatchObject({ ok: false });
    expect(await take(limit, "a", 1)).toEqual({ ok: true });
    expect(await take(limit, "a", 2)).toMatchObject({ ok: false });
  });

  it("belong to one key", async () => {
    const { counter, process } = openCounter(1_000);
    const take = process();
    for (const key of ["a", "b", "c"]) await take(limit, key, 1);
    expect(counter.trips).toBe(3);
  });
});
