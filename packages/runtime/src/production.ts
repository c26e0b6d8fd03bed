/**
 * The parts of production: PostgreSQL and Redis, shared by any number of servers and workers.
 *
 * @module
 */
import type { ProductionEnv } from "@axon/config/env";
import type { Logger } from "@axon/config/logger";
import { createInWorkspace } from "@axon/core/context";
import { assertFenced, connect } from "@axon/db/connect";
import { migrate } from "@axon/db/migrate";
import { type JobBackend, prepareBackend } from "@axon/jobs/backend";
import { createRedisBus } from "@axon/realtime/redis-bus";
import { createRedisDeltas } from "@axon/realtime/redis-deltas";
import { Redis } from "ioredis";
import { createFiles } from "./files.ts";
import { type Parts, tellOfCommits } from "./parts.ts";
import { createProvider } from "./provider.ts";

/** Every key of ours in Redis begins with this. */
const keyPrefix = "axon:";

/** Connects, migrates and checks the fences. Throws when the database cannot be reached or would not hold the fences. */
export async function createProductionParts(env: ProductionEnv, log: Logger): Promise<Parts> {
  await migrate({ url: env.database.migrationUrl });
  const database = connect({ url: env.database.url }, { poolMax: env.database.poolMax });
  await assertFenced(database);
  const openRedis = () => {
    const redis = new Redis(env.redis.url, { maxRetriesPerRequest: null });
    redis.on("error", (error: Error) => log.warn({ err: error }, "redis connection"));
    return redis;
  };
  const redis = openRedis();
  const bus = createRedisBus({ connect: openRedis, prefix: keyPrefix, onError: (error) => log.warn({ err: error }, "a hint was lost") });
  const jobs: JobBackend = { kind: "redis", connect: openRedis, prefix: `${keyPrefix}jobs` };
  await prepareBackend(jobs);
  const { files, acceptUpload, close: closeFiles } = createFiles(env);
  return {
    database,
    inWorkspace: createInWorkspace(database, tellOfCommits(bus)),
    jobs,
    bus,
    deltas: createRedisDeltas({ redis, prefix: keyPrefix }),
    files,
    acceptUpload,
    provider: createProvider(env),
    log,
    check: async () => {
      await Promise.all([database.app`select 1`, redis.ping()]);
    },
    close: async () => {
      await bus.close();
      redis.disconnect();
      closeFiles();
      await database.close();
    },
  };
}
