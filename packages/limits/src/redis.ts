/**
 * Limits of a whole installation, counted in Redis. While Redis is away or too slow the memory of each process stands in:
 * nobody is locked out by an outage, and a flood still meets a wall, of that process alone.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Limits, RateLimit } from "@axon/contracts/limits";
import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { createAdvance, type Taken } from "./advance.ts";
import { createMemoryLimits } from "./memory.ts";
import { allowanceOf, kindOf, onceOnly } from "./windows.ts";

/** Longest wait for an answer, in milliseconds. Every request asks, so a Redis that hangs must not hang them all. */
const answerMsMax = 1_000;

// One script, so that of two who see the last free place only one gets it. Redis' own clock, because ours differ.
const enterScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local max, ttl, place = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], place) and redis.call('ZCARD', KEYS[1]) >= max then return 0 end
redis.call('ZADD', KEYS[1], now + ttl, place)
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], ttl) end
return 1
`;

/** Points of the stand-in are good for this long, in milliseconds: soon after Redis is back, it is Redis that counts. */
const standInMs = 1_000;

/** A connection in one of these has never failed yet, if it is the first time: it is waited for. */
const opening: ReadonlySet<string> = new Set(["wait", "connecting", "connect"]);

export interface RedisLimitsOptions {
  /** An ordinary connection, not one that listens. The caller closes it. */
  redis: Redis;
  /** Every key begins with this. */
  prefix: string;
  /** Told once when Redis stops answering, and again the next time it does after it had come back. */
  onError?: (error: unknown) => void;
}

export function createRedisLimits({ redis, prefix, onError = () => {} }: RedisLimitsOptions): Limits {
  const standIn = createMemoryLimits();
  const windows = new Map<string, RateLimiterRedis>();
  let away = false;

  const windowOf = (limit: RateLimit): RateLimiterRedis => {
    const kind = kindOf(limit);
    const window =
      windows.get(kind) ??
      new RateLimiterRedis({ storeClient: redis, points: limit.points, duration: limit.seconds, keyPrefix: `${prefix}limit:${kind}` });
    windows.set(kind, window);
    return window;
  };

  /** Asks Redis, or the stand-in when it does not answer. A connection known to be down would only queue the question. */
  async function ask<Result>(question: () => Promise<Result>, instead: () => Promise<Result>): Promise<Result> {
    try {
      if (redis.status !== "ready" && (away || !opening.has(redis.status))) throw new Error(`the connection to Redis is ${redis.status}`);
      const answer = await within(question(), answerMsMax);
      away = false;
      return answer;
    } catch (error) {
      if (!away) onError(error);
      away = true;
      return instead();
    }
  }

  const takeInAdvance = createAdvance((limit, key, points) =>
    ask(
      () => takenOf(windowOf(limit), key, points),
      // Nobody else counts there, so nothing is gained by more than the one that is asked for.
      async () => {
        const allowance = await standIn.take(limit, key, points);
        return allowance.ok ? { granted: points, msLeft: standInMs } : { granted: 0, msLeft: allowance.retryAfterMs };
      },
    ),
  );

  return {
    take: (limit, key, cost = 1) =>
      limit.inAdvance
        ? takeInAdvance(limit, key, cost)
        : ask(
            () => allowanceOf(windowOf(limit).consume(key, cost)),
            () => standIn.take(limit, key, cost),
          ),
    peek: (limit, key) =>
      ask(
        async () => {
          const counted = await windowOf(limit).get(key);
          if (counted === null || counted.consumedPoints < limit.points) return { ok: true };
          return { ok: false, retryAfterMs: Math.max(1, counted.msBeforeNext) };
        },
        () => standIn.peek(limit, key),
      ),
    forget: async (limit, key) => {
      await standIn.forget(limit, key);
      await ask(
        async () => {
          await windowOf(limit).delete(key);
        },
        async () => {},
      );
    },
    enter: async (room, max, ttlMs, place = randomUUID()) => {
      const key = `${prefix}room:${room}`;
      return ask(
        async () => {
          if (Number(await redis.eval(enterScript, 1, key, max, ttlMs, place)) === 0) return null;
          const leave = async () => {
            await redis.zrem(key, place);
          };
          // A place that can't be given back lapses by itself.
          return onceOnly(() => ask(leave, async () => {}));
        },
        () => standIn.enter(room, max, ttlMs, place),
      );
    },
  };
}

/** A window counts on beyond its points, so what it has counted too much tells how many of these there were left. */
async function takenOf(window: RateLimiterRedis, key: string, points: number): Promise<Taken> {
  const counted = await window.consume(key, points).catch((error: unknown) => {
    if (error instanceof RateLimiterRes) return error;
    throw error;
  });
  const over = Math.max(0, counted.consumedPoints - window.points);
  return { granted: Math.max(0, points - over), msLeft: Math.max(1, counted.msBeforeNext) };
}

async function within<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
