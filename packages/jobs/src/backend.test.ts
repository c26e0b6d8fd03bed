import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { openTestDatabase } from "@axon/testing/database";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { openJobPool, prepareBackend } from "./backend.ts";
import { createConsumer } from "./consumer.ts";
import { createProducer } from "./producer.ts";
import { createMemoryLog, handlersWith, replyJob } from "./scripted.fixture.ts";

const database = await openTestDatabase();
afterAll(() => database.close());
const freshSchema = () => `jobs_${randomBytes(5).toString("hex")}`;

describe("preparing the queues' place in PostgreSQL", () => {
  it("ten processes may prepare it at once, and any may do so again", async () => {
    const schema = freshSchema();
    const pools = Array.from({ length: 10 }, () => openJobPool({ connectionString: database.url }, schema));
    try {
      await Promise.all(pools.map((pool) => prepareBackend({ kind: "postgres", pool, schema })));
      const [pool] = pools;
      if (!pool) throw new Error("no pool");
      await prepareBackend({ kind: "postgres", pool, schema });
      const { rows } = await pool.query("select version from migration group by version having count(*) > 1");
      expect(rows).toEqual([]);
    } finally {
      await pools[0]?.query(`drop schema if exists ${schema} cascade`);
      await Promise.all(pools.map((pool) => pool.end()));
    }
  });

  it("a pool that would look for the queues elsewhere is refused", async () => {
    const [schema, other] = [freshSchema(), freshSchema()];
    const pool = openJobPool({ connectionString: database.url }, other);
    try {
      await expect(prepareBackend({ kind: "postgres", pool, schema })).rejects.toThrow("open it with openJobPool");
    } finally {
      await pool.query(`drop schema if exists ${schema} cascade`);
      await pool.end();
    }
  });

  it("a schema's name cannot carry anything else into the connection", () => {
    expect(() => openJobPool({}, "bullmq -c role=postgres")).toThrow("lower-case letters");
  });
});

describe("when Redis does not answer", () => {
  it("adding a job fails in time instead of waiting forever, and closing ends", async () => {
    const silent = await listenSilently();
    const backend = { kind: "redis" as const, prefix: "none", connect: () => silent.connect() };
    const producer = createProducer(backend, { addTimeoutMs: 300 });
    const consumer = createConsumer({ backend, handlers: handlersWith({}), log: createMemoryLog(), settleMs: 100 });
    try {
      const started = consumer.start();
      started.catch(() => undefined); // It waits for Redis until it is closed.
      await expect(producer.add([replyJob()])).rejects.toThrow("did not answer within 300 ms");
    } finally {
      await producer.close();
      await consumer.close({ graceMs: 100 });
      await silent.close();
    }
  });
});

/** A server that takes connections and never says a word. */
async function listenSilently() {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  const clients: Redis[] = [];
  return {
    connect() {
      const client = new Redis({ host: "127.0.0.1", port, maxRetriesPerRequest: null });
      client.on("error", () => undefined);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.disconnect();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
