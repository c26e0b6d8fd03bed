/**
 * Points taken in advance: what is counted at every call would otherwise cost a trip to Redis at every call. They are counted
 * where everybody counts before they are used here, so all processes together never pass a limit.
 *
 * @module
 */
import type { Allowance, RateLimit } from "@axon/contracts/limits";
import { kindOf } from "./windows.ts";

/** What became of a wish for points: how many were left to have, and how long the window lasts. */
export interface Taken {
  granted: number;
  msLeft: number;
}

/** Counts `points` and tells how many of them there were. */
export type TakePoints = (limit: RateLimit, key: string, points: number) => Promise<Taken>;

interface Purse {
  left: number;
  /** When the window ends that the points are of. */
  endsAtMs: number;
  /** Taken at the last trip of this window; the next one takes twice as many. */
  lastTaken: number;
  /** True when nobody has any left in this window. */
  empty: boolean;
  trip: Promise<void> | null;
}

/** Of a limit's points, what one process may hold at most. */
const shareMax = 1 / 50;
/** Keys that this process holds points for; whoever comes beyond them is counted one by one. */
const pursesMax = 50_000;
const entriesPerSweep = 10_000;
/** Two trips within one window tell its end a little differently, by as much as one took longer. */
const sameWindowMs = 50;

/** `nowMs` is a clock that only goes forward. */
export function createAdvance(takePoints: TakePoints, nowMs: () => number = () => performance.now()) {
  const purses = new Map<string, Purse>();
  let entries = 0;

  function purseOf(limit: RateLimit, key: string): Purse | null {
    entries += 1;
    if (entries % entriesPerSweep === 0)
      for (const [name, { endsAtMs, trip }] of purses) if (trip === null && endsAtMs <= nowMs()) purses.delete(name);
    const name = `${kindOf(limit)}:${key}`;
    const found = purses.get(name);
    if (found !== undefined) return found;
    if (purses.size >= pursesMax) return null;
    const purse: Purse = { left: 0, endsAtMs: 0, lastTaken: 0, empty: false, trip: null };
    purses.set(name, purse);
    return purse;
  }

  async function refill(purse: Purse, limit: RateLimit, key: string, cost: number): Promise<void> {
    const askedAt = nowMs();
    if (purse.endsAtMs <= askedAt) Object.assign(purse, { left: 0, lastTaken: 0, empty: false });
    const most = Math.max(1, Math.floor(limit.points * shareMax));
    const points = Math.max(cost, Math.min(most, purse.lastTaken * 2));
    const { granted, msLeft } = await takePoints(limit, key, points);
    // Counted from before the trip, so that no point outlives its window.
    const endsAtMs = askedAt + msLeft;
    const sameWindow = purse.left > 0 && endsAtMs <= purse.endsAtMs + sameWindowMs;
    Object.assign(purse, { left: granted + (sameWindow ? purse.left : 0), endsAtMs, lastTaken: points, empty: granted < points });
  }

  return async (limit: RateLimit, key: string, cost: number): Promise<Allowance> => {
    const purse = purseOf(limit, key);
    if (purse === null) {
      const { granted, msLeft } = await takePoints(limit, key, cost);
      return granted >= cost ? { ok: true } : { ok: false, retryAfterMs: Math.max(1, msLeft) };
    }
    for (;;) {
      const now = nowMs();
      const open = purse.endsAtMs > now;
      if (open && purse.left >= cost) {
        purse.left -= cost;
        return { ok: true };
      }
      if (open && purse.empty) return { ok: false, retryAfterMs: Math.max(1, Math.ceil(purse.endsAtMs - now)) };
      purse.trip ??= refill(purse, limit, key, cost).finally(() => {
        purse.trip = null;
      });
      await purse.trip;
    }
  };
}
