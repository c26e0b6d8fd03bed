import { describe, expect, it } from "vitest";
import { type Breaker, type BreakerState, breakerPolicy, createBreaker } from "./breaker.ts";

function start() {
  let nowMs = 0;
  const changes: BreakerState[] = [];
  const breaker = createBreaker(
    breakerPolicy,
    () => nowMs,
    (state) => void changes.push(state),
  );
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { breaker, changes, wait };
}
const call = (breaker: Breaker, verdict: "ok" | "failed" | "unknown") => breaker.enter()?.end(verdict);
const times = (count: number, work: (index: number) => void) => Array.from({ length: count }, (_, index) => work(index));

describe("a breaker", () => {
  it("opens after five failures one after another, and a success in between starts the count again", () => {
    const { breaker, changes } = start();
    times(4, () => call(breaker, "failed"));
    call(breaker, "ok");
    times(4, () => call(breaker, "failed"));
    expect(breaker.state()).toBe("closed");
    call(breaker, "failed");
    expect(breaker.state()).toBe("open");
    expect(breaker.enter()).toBeNull();
    expect(changes).toEqual(["open"]);
  });

  it("opens when half of the last minute's calls fail, and not for failures of long ago", () => {
    const mixed = start();
    times(10, (index) => call(mixed.breaker, index % 2 === 0 ? "ok" : "failed"));
    expect(mixed.breaker.state()).toBe("open");
    const slow = start();
    times(40, (index) => {
      slow.wait(13_000); // Never ten within a minute.
      call(slow.breaker, index % 2 === 0 ? "ok" : "failed");
    });
    expect(slow.breaker.state()).toBe("closed");
  });

  it("lets one call look after a while: well, and it closes; not, and it stays open twice as long, up to two minutes", () => {
    const { breaker, wait, changes } = start();
    times(5, () => call(breaker, "failed"));
    for (const openMs of [15_000, 30_000, 60_000, 120_000, 120_000]) {
      expect(breaker.waitMs()).toBe(openMs);
      wait(openMs - 1);
      expect(breaker.enter()).toBeNull();
      wait(1);
      expect(breaker.state()).toBe("half_open");
      const look = breaker.enter();
      expect(breaker.enter()).toBeNull();
      look?.end("failed");
      expect(breaker.state()).toBe("open");
    }
    wait(120_000);
    call(breaker, "ok");
    expect(breaker.state()).toBe("closed");
    times(4, () => call(breaker, "failed"));
    expect(breaker.state()).toBe("closed");
    call(breaker, "failed");
    expect(breaker.waitMs()).toBe(15_000);
    expect(changes.slice(-3)).toEqual(["half_open", "closed", "open"]);
  });

  it("is not stuck by a look that nobody waited for", () => {
    const { breaker, wait } = start();
    times(5, () => call(breaker, "failed"));
    wait(15_000);
    call(breaker, "unknown");
    expect(breaker.state()).toBe("half_open");
    call(breaker, "ok");
    expect(breaker.state()).toBe("closed");
  });

  it("takes no word from calls that began before it opened, nor from one that ends twice", () => {
    const { breaker, wait } = start();
    const old = [breaker.enter(), breaker.enter()];
    times(5, () => call(breaker, "failed"));
    old[0]?.end("ok");
    expect(breaker.state()).toBe("open");
    wait(15_000);
    call(breaker, "ok");
    const twice = breaker.enter();
    times(5, () => twice?.end("failed"));
    old[1]?.end("failed");
    expect(breaker.state()).toBe("closed");
  });
});
