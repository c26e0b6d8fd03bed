/**
 * Whether a process can do its work now: everything it stands on answers, and the database is of its version.
 *
 * It says what is wrong and never why: the why is for the log.
 *
 * @module
 */

import type { Redis } from "ioredis";

export interface HealthChecks {
  database: "ok" | "failed";
  migrations: "ok" | "pending" | "failed";
  redis: "ok" | "failed" | "not_used";
}

export interface Readiness {
  status: "ready" | "not_ready" | "stopping";
  checks: HealthChecks;
}

export interface Health {
  /** Looks again, unless somebody else is looking already. `open` false: the process is stopping. */
  check(open: boolean): Promise<Readiness>;
}

export interface HealthOptions {
  /** Resolves when the database has answered. */
  database(): Promise<unknown>;
  /** How many migrations the database lacks. */
  pendingMigrations(): Promise<number>;
  /** Resolves when Redis has answered; null where there is none. */
  redis: (() => Promise<unknown>) | null;
  /** Told what went wrong. */
  onFailure(check: keyof HealthChecks, error: unknown): void;
  /** Longest that one check may take. */
  timeoutMs?: number;
}

export function createHealth({ database, pendingMigrations, redis, onFailure, timeoutMs = 2_000 }: HealthOptions): Health {
  let looking: Promise<HealthChecks> | null = null;

  async function tried<State extends string>(name: keyof HealthChecks, look: () => Promise<State>): Promise<State | "failed"> {
    try {
      return await within(look(), timeoutMs);
    } catch (error) {
      onFailure(name, error);
      return "failed";
    }
  }

  async function look(): Promise<HealthChecks> {
    const [databaseState, migrations, redisState] = await Promise.all([
      tried("database", async () => {
        await database();
        return "ok" as const;
      }),
      tried("migrations", async () => ((await pendingMigrations()) === 0 ? ("ok" as const) : ("pending" as const))),
      redis === null
        ? ("not_used" as const)
        : tried("redis", async () => {
            await redis();
            return "ok" as const;
          }),
    ]);
    return { database: databaseState, migrations, redis: redisState };
  }

  return {
    async check(open) {
      looking ??= look().finally(() => {
        looking = null;
      });
      const checks = await looking;
      const well = checks.database === "ok" && checks.migrations === "ok" && checks.redis !== "failed";
      return { status: open ? (well ? "ready" : "not_ready") : "stopping", checks };
    },
  };
}

/** Asks Redis over its own connection. Fails at once while that is away: asked then, it would keep the question until it is back. */
export function pingOf(redis: Redis): () => Promise<void> {
  return async () => {
    if (redis.status !== "ready") throw new Error(`the connection to Redis is ${redis.status}`);
    await redis.ping();
  };
}

async function within<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
