import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Ticker } from "./loop.ts";
import { createTicker, type TickerOptions } from "./schedule.ts";
import { createMemoryLog } from "./scripted.fixture.ts";

const waitMs = { timeout: 20_000, interval: 5 };
const tickers: Ticker[] = [];
afterEach(async () => {
  await Promise.all(tickers.splice(0).map((ticker) => ticker.stop()));
});

function startTicker(options: Partial<TickerOptions> & Pick<TickerOptions, "run">): Ticker {
  const ticker = createTicker({ name: "sweep", everyMs: 10, log: createMemoryLog(), ...options });
  tickers.push(ticker);
  ticker.start();
  return ticker;
}

describe("scheduled work", () => {
  it("comes round again and again, one run at a time, even when started twice", async () => {
    let [runs, running, most] = [0, 0, 0];
    const ticker = startTicker({
      run: async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(20); // Longer than the interval.
        running -= 1;
        runs += 1;
      },
    });
    ticker.start();
    await vi.waitFor(() => expect(runs).toBeGreaterThanOrEqual(3), waitMs);
    expect(most).toBe(1);
  });

  it("goes on after a run that failed, and says so", async () => {
    let runs = 0;
    const log = createMemoryLog();
    startTicker({
      log,
      run: async () => {
        runs += 1;
        if (runs === 1) throw new Error("no database");
      },
    });
    await vi.waitFor(() => expect(runs).toBeGreaterThanOrEqual(2), waitMs);
    expect(log.lines).toEqual(["a scheduled run failed; the next one follows"]);
  });

  it("stopping tells the run under way, waits for it, and no run follows", async () => {
    let [runs, ended] = [0, 0];
    const ticker = startTicker({
      run: async (signal) => {
        runs += 1;
        await sleep(10_000, null, { signal }).catch(() => undefined);
        await sleep(20);
        ended += 1;
      },
    });
    await vi.waitFor(() => expect(runs).toBe(1), waitMs);
    await ticker.stop();
    expect(ended).toBe(1);
    await sleep(50);
    expect(runs).toBe(1);
  });

  it("stopping before the first run means no run", async () => {
    const run = vi.fn(async () => {});
    const ticker = startTicker({ run, everyMs: 60_000 });
    await ticker.stop();
    ticker.start();
    await sleep(20);
    expect(run).not.toHaveBeenCalled();
  });
});
