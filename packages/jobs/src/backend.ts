/**
 * Where the queues live: Redis in production, PostgreSQL where there is nothing but the embedded database.
 *
 * The only file that knows what either needs of a connection. It knows no job and no table of ours: BullMQ keeps its own
 * tables in a schema of its own.
 *
 * @module
 */

import { queues } from "@axon/contracts/jobs";
import {
  type BackendFactory,
  createRedisBackend,
  type IQueueBackend,
  type PgPool,
  PostgresConnection,
  PostgresQueueBackend,
  runMigrations,
} from "bullmq";
import type { Redis } from "ioredis";
import pg from "pg";

export type JobBackend =
  /** `connect` must set `maxRetriesPerRequest: null` (BullMQ refuses otherwise) and no `keyPrefix`; `prefix` names our keys. */
  | { kind: "redis"; connect(): Redis; prefix: string }
  /** A pool from `openJobPool`. Whoever opened it ends it, after producer and consumer are closed. */
  | { kind: "postgres"; pool: pg.Pool; schema: string };

/** What a Queue or Worker of BullMQ is opened with. `close` ends what this opened, not what was handed in. */
export interface BackendLink {
  factory: BackendFactory<IQueueBackend, JobBackend>;
  options: { connection: JobBackend; prefix?: string };
  close(): void;
}

/** One client for each queue that a consumer listens on, and this many more for the queries of everybody. */
const queryClientsMax = 6;

/** Each queue that is opened on a pool listens to its errors: producer, consumer and monitor of every queue. */
const poolListenersMax = 100;

/**
 * Opens a pool that BullMQ's statements can run on: they name no schema, so every client starts with `schema` as its
 * search path, and each consumer keeps a client for LISTEN on each queue. `consumers` is how many will share the pool: a
 * smaller pool would wait for itself forever.
 */
export function openJobPool(connection: pg.PoolConfig, schema: string, consumers = 1): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max: consumers * Object.keys(queues).length + queryClientsMax,
    options: `-c search_path=${quoted(schema)}`,
    keepAlive: true,
  });
  // An idle client that drops is replaced on the next query; unheard, the event would end the process.
  pool.on("error", () => undefined);
  pool.setMaxListeners(poolListenersMax);
  return pool;
}

/**
 * Makes the backend ready for use: on PostgreSQL creates or upgrades BullMQ's schema, in one transaction behind an
 * advisory lock, so any number of processes may call it at once and again. Refuses a pool whose search path is not the
 * schema. On Redis there is nothing to prepare.
 */
export async function prepareBackend(backend: JobBackend): Promise<void> {
  if (backend.kind === "redis") return;
  const client = await backend.pool.connect();
  try {
    await runMigrations(client, backend.schema);
    const { rows } = await client.query<{ schema: string | null }>("select current_schema() as schema");
    if (rows[0]?.schema !== backend.schema) {
      throw new Error(`the job pool's search path must be ${backend.schema}: open it with openJobPool`);
    }
  } finally {
    client.release();
  }
}

/** Opens the way to the backend that a producer or a consumer shares among its queues. */
export function linkBackend(backend: JobBackend): BackendLink {
  if (backend.kind === "redis") {
    const redis = backend.connect();
    return {
      factory: (name, options, extra) => createRedisBackend(name, { ...options, connection: redis }, extra),
      options: { connection: backend, prefix: backend.prefix },
      close: () => redis.disconnect(),
    };
  }
  const { pool, schema } = backend;
  return {
    factory: (name, options, extra) => {
      const connection = new SchemaConnection(pool, schema);
      const listener = extra?.withBlockingConnection ? name : undefined;
      return new PostgresQueueBackend(connection, name, { ...options, connection: bullPool(pool) }, true, listener);
    },
    options: { connection: backend },
    close: () => undefined,
  };
}

/**
 * BullMQ takes it for granted that a pool it was handed uses the schema "bullmq"; this one uses the schema it is told. And it
 * stops listening to the pool when it is closed, which BullMQ forgets: what befalls the pool later is not its concern.
 */
class SchemaConnection extends PostgresConnection {
  override readonly schema: string;
  readonly #unlisten: () => void;

  constructor(pool: pg.Pool, schema: string) {
    const before = new Set(pool.listeners("error"));
    super(bullPool(pool));
    this.schema = schema;
    const added = pool.listeners("error").filter((listener) => !before.has(listener));
    this.#unlisten = () => {
      for (const listener of added) pool.off("error", listener as (error: Error) => void); // safe: it was listening to just this
    };
  }

  override async close(): Promise<void> {
    await super.close();
    this.#unlisten();
  }
}

function bullPool(pool: pg.Pool): PgPool {
  return pool as unknown as PgPool; // safe: BullMQ's own picture of a pg.Pool, off by a readonly and an index signature
}

function quoted(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new Error("a job schema's name is lower-case letters, digits and underscores");
  return schema;
}
