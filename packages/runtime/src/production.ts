/**
 * The parts of production: PostgreSQL and Redis, shared by any number of servers and workers.
 *
 * @module
 */
import type { ProductionEnv } from "@axon/config/env";
import type { Logger } from "@axon/config/logger";
import { createInWorkspace } from "@axon/core/context";
import { createSealer } from "@axon/core/sealing";
import { assertFenced, connect } from "@axon/db/connect";
import { migrate } from "@axon/db/migrate";
import { createWeb } from "@axon/integrations/web/web";
import { type JobBackend, prepareBackend } from "@axon/jobs/backend";
import { createRedisLimits } from "@axon/limits/redis";
import { createRedisPresence } from "@axon/realtime/presence-store";
import { createRedisBus } from "@axon/realtime/redis-bus";
import { createRedisDeltas } from "@axon/realtime/redis-deltas";
import { Redis } from "ioredis";
import { createFiles } from "./files.ts";
import { pingOf } from "./health.ts";
import { createMailer } from "./mailer.ts";
import { currentRequest, type Parts, tellOfCommits } from "./parts.ts";
import { createProvider } from "./provider.ts";
import type { Reporter } from "./report.ts";
import { watchParts } from "./watch.ts";

/** Every key of ours in Redis begins with this. */
const keyPrefix = "axon:";

/** Connects, migrates and checks the fences. Throws when the database cannot be reached or would not hold the fences. */
export async function createProductionParts(env: ProductionEnv, log: Logger, reporter: Reporter): Promise<Parts> {
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
  const watch = watchParts({ database, jobs, pingRedis: pingOf(redis), provider: createProvider(env, log), log });
  return {
    database,
    inWorkspace: createInWorkspace(database, tellOfCommits(bus), { requestId: currentRequest }),
    jobs,
    bus,
    deltas: createRedisDeltas({ redis, prefix: keyPrefix }),
    presence: createRedisPresence({ redis, prefix: keyPrefix }),
    eventsKeptDays: env.eventsKeptDays,
    files,
    acceptUpload,
    provider: watch.provider,
    web: createWeb(env.crawler),
    limits: createRedisLimits({ redis, prefix: keyPrefix, onError: (error) => log.warn({ err: error }, "limits are counted in memory") }),
    sealer: createSealer(env.encryptionKeys),
    mailer: createMailer(env, log),
    log,
    metrics: watch.metrics,
    health: watch.health,
    reporter,
    close: async () => {
      await watch.close();
      await bus.close();
      redis.disconnect();
      closeFiles();
      await database.close();
    },
  };
}
