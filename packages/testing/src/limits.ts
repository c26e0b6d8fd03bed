/**
 * Limits for one test file: in the Redis that TEST_REDIS_URL names, or else in memory.
 *
 * @module
 */
import { createMemoryLimits } from "@axon/limits/memory";
import { createRedisLimits } from "@axon/limits/redis";
import { Redis } from "ioredis";
import { openTestRedis } from "./database-redis.ts";

type Limits = ReturnType<typeof createMemoryLimits>;

export interface TestLimits extends Limits {
  /** Forgets all that was counted and closes the connection. */
  close(): Promise<void>;
}

export function openTestLimits(): TestLimits {
  const server = openTestRedis();
  if (server === null) return { ...createMemoryLimits(), close: async () => {} };
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  return {
    ...createRedisLimits({ redis, prefix: `${server.prefix}:` }),
    close: async () => {
      redis.disconnect();
      await server.close();
    },
  };
}
