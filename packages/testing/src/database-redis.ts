/**
 * A corner of the Redis that TEST_REDIS_URL names, for one test file.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { inject } from "vitest";
// Says what `inject` gives, also to packages that use nothing else of this one.
import type {} from "./global-setup.ts";

export interface TestRedis {
  url: string;
  /** Begin every key, and BullMQ's `prefix`, with this. */
  prefix: string;
  /** Removes every key that holds the prefix. */
  close(): Promise<void>;
}

const scanCount = 500;

/** Null when this run has no Redis. */
export function openTestRedis(): TestRedis | null {
  const url = inject("testRedisUrl");
  if (url === null) return null;
  const prefix = `axon-test-${randomUUID()}`;
  return { url, prefix, close: () => removeKeys(url, `*${prefix}*`) };
}

/** Keys are matched anywhere, for hash tags put a brace before the prefix. */
async function removeKeys(url: string, pattern: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  try {
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", scanCount);
      if (keys.length > 0) await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== "0");
  } finally {
    redis.disconnect();
  }
}
