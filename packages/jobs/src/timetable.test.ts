import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Ticker } from "./loop.ts";
import { createMemoryLog } from "./scripted.fixture.ts";
import { createSchedule, type ScheduleOptions, type TickKeeper } from "./timetable.ts";

const waitMs = { timeout: 20_000, interval: 5 };
const hourMs = 3_600_000;
const schedules: Ticker[] = [];
afterEach(async () => {
  await Promise.all(schedules.splice(0).map((schedule) => schedule.stop()));
});

/** One tick to take, and a word for each thing that is done with it. */
function oneTick({ ours = true } = {}) {
  const told: string[] = [];
  let free = true;
  const keeper: TickKeeper = {
    take: async () => {
      const taken = free;
      free = false;
      return taken ? 7 : null;
    },
    renew: async () => ours,
    end: async (_name, fence) => {
      told.push(`ended ${fence}`);
      return true;
    },
    giveUp: async (_name, fence, afterMs) => void told.push(`given up ${fence} for ${afterMs}`),
  };
  return { keeper, told, giveAgain: () => (free = true) };
}

function start(options: Pick<ScheduleOptions, "keeper" | "run"> & Partial<ScheduleOptions>): Ticker {
  const schedule = createSchedule({ name: "retention", everyMs: hourMs, lookMs: 5, log: createMemoryLog(), ...options });
  schedules.push(schedule);
  schedule.start();
  return schedule;
}

describe("a schedule", () => {
  it("runs once for a tick that it took, says that it ended, and runs for no tick that is another's", async () => {
    const { keeper, told, giveAgain } = oneTick();
    const run = vi.fn(async () => {});
    for (let replica = 0; replica < 5; replica++) start({ keeper, run });
    await vi.waitFor(() => expect(told).toEqual(["ended 7"]), waitMs);
    await sleep(50);
    expect(run).toHaveBeenCalledTimes(1);
    giveAgain();
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(2), waitMs);
  });

  it("gives up a run that failed for a minute, and says so", async () => {
    const { keeper, told } = oneTick();
    const log = createMemoryLog();
    start({ keeper, log, run: () => Promise.reject(new Error("no storage")) });
    await vi.waitFor(() => expect(told).toEqual(["given up 7 for 60000"]), waitMs);
    expect(log.lines).toEqual(["a scheduled run failed; it will be tried again"]);
  });

  it("stopping breaks off the run under way and leaves it to the others at once", async () => {
    const { keeper, told } = oneTick();
    let began = false;
    const schedule = start({
      keeper,
      run: async (signal) => {
        began = true;
        await sleep(60_000, null, { signal });
      },
    });
    await vi.waitFor(() => expect(began).toBe(true), waitMs);
    await schedule.stop();
    expect(told).toEqual(["given up 7 for 0"]);
  });

  it("breaks off a run that another has taken over", async () => {
    const { keeper } = oneTick({ ours: false });
    let reason: unknown = null;
    start({
      keeper,
      leaseMs: 20,
      run: (signal) =>
        new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            resolve();
          });
        }),
    });
    await vi.waitFor(() => expect(reason).toEqual(new Error("another process has taken over retention")), waitMs);
  });

  it("lives through a database that is away", async () => {
    const { keeper, told } = oneTick();
    let looks = 0;
    const take: TickKeeper["take"] = async (...args) => {
      looks += 1;
      if (looks < 3) throw new Error("no database");
      return keeper.take(...args);
    };
    start({ keeper: { ...keeper, take }, run: async () => {} });
    await vi.waitFor(() => expect(told).toEqual(["ended 7"]), waitMs);
  });
});
