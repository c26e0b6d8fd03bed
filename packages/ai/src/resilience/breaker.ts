/**
 * A breaker: after enough failures it lets nothing through for a while, then one call to see whether things are better.
 * Customers then hear of the trouble at once, and a vendor that is down is not asked by everybody.
 *
 * It knows no model and holds no timer: whoever calls tells it how the call ended.
 *
 * @module
 */
export type BreakerState = "closed" | "open" | "half_open";

export interface BreakerPolicy {
  /** So many failures one after another open it. */
  failuresInRow: number;
  /** So large a share (0..1) of the latest calls opens it too, once there are `callsMin` of them within `windowMs`. */
  failureShare: number;
  callsMin: number;
  /** Calls that are looked back at. */
  callsMax: number;
  windowMs: number;
  /** How long it stays open the first time; doubled by each failed look, up to `openMsMax`. */
  openMs: number;
  openMsMax: number;
}

export const breakerPolicy: BreakerPolicy = {
  failuresInRow: 5,
  failureShare: 0.5,
  callsMin: 10,
  callsMax: 50,
  windowMs: 60_000,
  openMs: 15_000,
  openMsMax: 120_000,
};

export interface Breaker {
  state(): BreakerState;
  /** Milliseconds until it lets a call through again; 0 when it does now. */
  waitMs(): number;
  /** Leave to make one call, or null. While it is half open only one call has leave. */
  enter(): Pass | null;
}

/** One call's leave. Told once how the call ended; `unknown` when nobody waited for the end. */
export interface Pass {
  end(verdict: "ok" | "failed" | "unknown"): void;
}

/** `nowMs` is a clock that never goes back. `onChange` must not throw. */
export function createBreaker(policy: BreakerPolicy, nowMs: () => number, onChange: (state: BreakerState) => void): Breaker {
  let latest: { atMs: number; failed: boolean }[] = [];
  let inRow = 0;
  let openUntilMs: number | null = null;
  let openedInRow = 0;
  let looking = false;
  /** Calls that began before the state last changed say nothing about now. */
  let era = 0;

  const state = (): BreakerState => (openUntilMs === null ? "closed" : nowMs() < openUntilMs ? "open" : "half_open");

  function open(): void {
    era += 1;
    openUntilMs = nowMs() + Math.min(policy.openMsMax, policy.openMs * 2 ** openedInRow);
    openedInRow += 1;
    latest = [];
    inRow = 0;
    onChange("open");
  }

  function close(): void {
    era += 1;
    openUntilMs = null;
    openedInRow = 0;
    onChange("closed");
  }

  function count(failed: boolean): void {
    const atMs = nowMs();
    latest = [...latest.filter((call) => atMs - call.atMs < policy.windowMs), { atMs, failed }].slice(-policy.callsMax);
    inRow = failed ? inRow + 1 : 0;
    const failures = latest.filter((call) => call.failed).length;
    const mostFail = latest.length >= policy.callsMin && failures / latest.length >= policy.failureShare;
    if (failed && (inRow >= policy.failuresInRow || mostFail)) open();
  }

  return {
    state,
    waitMs: () => Math.max(0, (openUntilMs ?? 0) - nowMs()),
    enter() {
      const now = state();
      if (now === "open" || (now === "half_open" && looking)) return null;
      const probe = now === "half_open";
      if (probe) {
        looking = true;
        onChange("half_open");
      }
      const began = era;
      let ended = false;
      return {
        end(verdict) {
          if (ended) return;
          ended = true;
          if (probe) looking = false;
          if (verdict === "unknown" || began !== era) return;
          if (!probe) count(verdict === "failed");
          else if (verdict === "failed") open();
          else close();
        },
      };
    },
  };
}
