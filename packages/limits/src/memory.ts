/**
 * Limits of one process, kept in its memory: all of them in standalone mode, and the stand-in while Redis is away.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Limits, RateLimit } from "@axon/contracts/limits";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { allowanceOf, kindOf, onceOnly } from "./windows.ts";

/** Rooms that nobody has entered for a while are swept out after this many entries. */
const entriesPerSweep = 1_000;

/** `nowMs` is for tests. */
export function createMemoryLimits({ nowMs = Date.now }: { nowMs?: () => number } = {}): Limits {
  const windows = new Map<string, RateLimiterMemory>();
  const windowOf = (limit: RateLimit): RateLimiterMemory => {
    const kind = kindOf(limit);
    const window = windows.get(kind) ?? new RateLimiterMemory({ points: limit.points, duration: limit.seconds, keyPrefix: kind });
    windows.set(kind, window);
    return window;
  };
  const rooms = createRooms(nowMs);
  return {
    take: (limit, key, cost = 1) => allowanceOf(windowOf(limit).consume(key, cost)),
    peek: async (limit, key) => {
      const counted = await windowOf(limit).get(key);
      if (counted === null || counted.consumedPoints < limit.points) return { ok: true };
      return { ok: false, retryAfterMs: Math.max(1, counted.msBeforeNext) };
    },
    forget: async (limit, key) => {
      await windowOf(limit).delete(key);
    },
    enter: async (room, max, ttlMs, place = randomUUID()) =>
      rooms.enter(room, max, ttlMs, place) ? onceOnly(async () => rooms.leave(room, place)) : null,
  };
}

/** Places by room, each with the time it lapses. */
function createRooms(nowMs: () => number) {
  const rooms = new Map<string, Map<string, number>>();
  let entries = 0;

  function dropLapsed(room: string, places: Map<string, number>): void {
    const now = nowMs();
    for (const [place, lapsesAt] of places) if (lapsesAt <= now) places.delete(place);
    if (places.size === 0) rooms.delete(room);
  }

  return {
    enter(room: string, max: number, ttlMs: number, place: string): boolean {
      entries += 1;
      if (entries % entriesPerSweep === 0) for (const [name, places] of rooms) dropLapsed(name, places);
      const places = rooms.get(room) ?? new Map<string, number>();
      dropLapsed(room, places);
      if (!places.has(place) && places.size >= max) return false;
      places.set(place, nowMs() + ttlMs);
      rooms.set(room, places);
      return true;
    },
    leave(room: string, place: string): void {
      const places = rooms.get(room);
      places?.delete(place);
      if (places?.size === 0) rooms.delete(room);
    },
  };
}
