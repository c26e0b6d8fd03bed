import { type AddressInfo, createServer, type Socket } from "node:net";
import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { createHealth, type HealthOptions, pingOf } from "./health.ts";

const never = () => new Promise<never>(() => {});
const broken = async () => {
  throw new Error("away");
};

function health(some: Partial<HealthOptions> = {}) {
  const failures: string[] = [];
  const made = createHealth({
    database: async () => {},
    pendingMigrations: async () => 0,
    redis: null,
    onFailure: (check) => void failures.push(check),
    timeoutMs: 100,
    ...some,
  });
  return { failures, check: (open = true) => made.check(open) };
}

/** Just enough of Redis to be connected to: it says PONG to everything. Can be cut off and let back in. */
async function openPongServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", () => socket.write("+PONG\r\n"));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens has an address with a port
  const cut = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  return { port, cut, restore: () => listen(port) };
}

describe("readiness", () => {
  it("is lost with Redis, at once and without questions that pile up, and comes back with it", async () => {
    const server = await openPongServer();
    const redis = new Redis(server.port, "127.0.0.1", {
      enableReadyCheck: false,
      disableClientInfo: true,
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
    });
    redis.on("error", () => {});
    try {
      const { check } = health({ redis: pingOf(redis), timeoutMs: 2_000 });
      await vi.waitFor(async () => expect((await check()).status).toBe("ready"), { timeout: 10_000 });
      await server.cut();
      await vi.waitFor(async () => expect(await check()).toMatchObject({ status: "not_ready", checks: { redis: "failed" } }), {
        timeout: 10_000,
      });
      for (let times = 0; times < 50; times++) await check();
      await server.restore();
      await vi.waitFor(async () => expect((await check()).status).toBe("ready"), { timeout: 10_000 });
    } finally {
      redis.disconnect();
      await server.cut();
    }
  });

  it("is there when all answer and nothing is pending; Redis may not be in use", async () => {
    expect(await health().check()).toEqual({
      status: "ready",
      checks: { database: "ok", migrations: "ok", redis: "not_used" },
    });
    expect(await health({ redis: async () => "PONG" }).check()).toMatchObject({ status: "ready", checks: { redis: "ok" } });
  });

  it.each<[trouble: string, Partial<HealthOptions>, object]>([
    ["the database fails", { database: broken, pendingMigrations: broken }, { database: "failed", migrations: "failed" }],
    ["the database never answers", { database: never }, { database: "failed", migrations: "ok" }],
    ["a migration is missing", { pendingMigrations: async () => 1 }, { database: "ok", migrations: "pending" }],
    ["Redis fails", { redis: broken }, { redis: "failed" }],
    ["Redis never answers", { redis: never }, { redis: "failed" }],
  ])("is not when %s, and the others are told all the same", async (_, some, checks) => {
    const { check, failures } = health(some);
    expect(await check()).toMatchObject({ status: "not_ready", checks });
    expect(failures.length).toBe(Object.values(checks).filter((state) => state === "failed").length);
  });

  it("is not while the process stops, however well all is", async () => {
    expect((await health().check(false)).status).toBe("stopping");
  });

  it("is looked up once for all who ask at the same time", async () => {
    let looks = 0;
    const { check } = health({ database: async () => void looks++ });
    await Promise.all(Array.from({ length: 100 }, () => check()));
    expect(looks).toBe(1);
    await check();
    expect(looks).toBe(2);
  });
});
