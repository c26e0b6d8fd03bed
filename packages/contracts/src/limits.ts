/**
 * How much of something one caller may have: the port that those who refuse share with whoever counts.
 *
 * @module
 */

/** `points` within `seconds`, for each key. `name` keeps counters apart. */
export interface RateLimit {
  name: string;
  points: number;
  seconds: number;
  /**
   * True for what is counted at every call: a process that has counted some may take up to a fiftieth of the points in advance,
   * and counts those without asking anybody. No limit is passed by it; with several processes, one that has taken points it
   * does not need keeps them from the others until the window ends.
   */
  inAdvance?: boolean;
}

/** Whether there was room, and if not, how long until there is. */
export type Allowance = { ok: true } | { ok: false; retryAfterMs: number };

/** Counts across all processes of an installation. Every operation is atomic: parallel calls never pass a limit together. */
export interface Limits {
  /** Counts `cost` (1 when left out) against `key`. */
  take(limit: RateLimit, key: string, cost?: number): Promise<Allowance>;
  /** Looks without counting. */
  peek(limit: RateLimit, key: string): Promise<Allowance>;
  /** Takes back everything counted against `key`. */
  forget(limit: RateLimit, key: string): Promise<void>;
  /**
   * Enters a room where at most `max` are at once, and gives the way out; null when it is full. Whoever does not leave
   * (a killed process) is out after `ttlMs`. Leaving twice is once. Whoever stays longer enters again under the same `place`
   * (a name of its own when left out) before the time is up, which takes no second place.
   */
  enter(room: string, max: number, ttlMs: number, place?: string): Promise<(() => Promise<void>) | null>;
}
