/**
 * The backends that the tests run on, each test in a namespace of its own: the PostgreSQL one always (on the embedded
 * engine, or on the server that the test run was given), Redis when the test run was given one.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { openTestDatabase } from "@axon/testing/database";
import { openTestRedis } from "@axon/testing/database-redis";
import { Redis } from "ioredis";
import { type JobBackend, openJobPool, prepareBackend } from "./backend.ts";
import { type Consumer, type ConsumerOptions, createConsumer } from "./consumer.ts";
import { createProducer, type Producer } from "./producer.ts";
import { createMemoryLog } from "./scripted.fixture.ts";

export interface OpenBackend {
  backend: JobBackend;
  /** A module's source that gives `backend` its value, for a child process that runs in this package's folder. */
  source: string;
  close(): Promise<void>;
}

export interface TestBackends {
  backends: { name: string; open(): Promise<OpenBackend> }[];
  closeAll(): Promise<void>;
}

/** Opens the services of this run once for a test file; each `open` then makes a fresh namespace on them. */
export async function openTestBackends(): Promise<TestBackends> {
  const [database, redis] = await Promise.all([openTestDatabase(), openTestRedis()]);
  // Making a schema is slow, so a test that is done leaves its own, emptied, to the next.
  const free: string[] = [];
  const backends = [{ name: `PostgreSQL (${database.kind})`, open: () => openSchema(database.url, free) }];
  if (redis) backends.push({ name: "Redis", open: () => openPrefix(redis.url, redis.prefix) });
  return {
    backends,
    async closeAll() {
      await Promise.all([database.close(), redis?.close()]);
    },
  };
}

/** As many as a test here starts on one pool. */
const consumersMax = 2;

async function openSchema(url: string, free: string[]): Promise<OpenBackend> {
  const schema = free.pop() ?? `jobs_${randomBytes(5).toString("hex")}`;
  const pool = openJobPool({ connectionString: url }, schema, consumersMax);
  const backend: JobBackend = { kind: "postgres", pool, schema };
  await prepareBackend(backend);
  return {
    backend,
    source: `import { openJobPool } from "./src/backend.ts";
      const pool = openJobPool({ connectionString: ${JSON.stringify(url)} }, "${schema}", ${consumersMax});
      const backend = { kind: "postgres", pool, schema: "${schema}" };`,
    async close() {
      const { rows } = await pool.query<{ name: string }>(
        "select quote_ident(tablename) as name from pg_tables where schemaname = current_schema() and tablename <> 'migration'",
      );
      await pool.query(`truncate ${rows.map((row) => row.name).join(", ")}`);
      await pool.end();
      free.push(schema);
    },
  };
}

async function openPrefix(url: string, root: string): Promise<OpenBackend> {
  const prefix = `${root}:${randomBytes(5).toString("hex")}`;
  const connect = () => new Redis(url, { maxRetriesPerRequest: null });
  return {
    backend: { kind: "redis", prefix, connect },
    source: `import { Redis } from "ioredis";
      const connect = () => new Redis(${JSON.stringify(url)}, { maxRetriesPerRequest: null });
      const backend = { kind: "redis", prefix: ${JSON.stringify(prefix)}, connect };`,
    close: async () => {}, // The root prefix is cleaned as a whole.
  };
}

export interface JobHouse extends OpenBackend {
  producer: Producer;
  /** A started consumer; closed with the house. */
  consume(options: Partial<ConsumerOptions> & Pick<ConsumerOptions, "handlers">): Promise<Consumer>;
}

/** Runs `test` in a fresh namespace with a producer, and closes all that it opened, whatever happens. */
export async function withJobs(open: () => Promise<OpenBackend>, test: (house: JobHouse) => Promise<void>): Promise<void> {
  const opened = await open();
  const producer = createProducer(opened.backend);
  const consumers: Consumer[] = [];
  try {
    await test({
      ...opened,
      producer,
      async consume(options) {
        const consumer = createConsumer({ backend: opened.backend, log: createMemoryLog(), settleMs: 200, ...options });
        consumers.push(consumer);
        await consumer.start();
        return consumer;
      },
    });
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.close({ graceMs: 0 })));
    await producer.close();
    await opened.close();
  }
}
