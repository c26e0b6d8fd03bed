import { connect, createServer, type Socket } from "node:net";
import type { Limits } from "@axon/contracts/limits";
import { openTestRedis } from "@axon/testing/database-redis";
import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { createMemoryLimits } from "./memory.ts";
import { createRedisLimits } from "./redis.ts";

const server = openTestRedis();
const connections: Redis[] = [];
const openRedis = (url: string) => {
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on("error", () => {});
  connections.push(redis);
  return redis;
};
afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  await server?.close();
});

const memory = createMemoryLimits();
/** Two processes of one installation. */
const kinds: [string, [Limits, Limits]][] = [["memory", [memory, memory]]];
if (server) {
  const limitsOfOneProcess = () => createRedisLimits({ redis: openRedis(server.url), prefix: `${server.prefix}:` });
  kinds.push(["Redis", [limitsOfOneProcess(), limitsOfOneProcess()]]);
}
let names = 0;
const newName = () => `n${++names}`;
const times = <Item>(count: number, make: (position: number) => Promise<Item>) =>
  Promise.all(Array.from({ length: count }, (_, position) => make(position)));

describe.each(kinds)("limits in %s", (_kind, [here, there]) => {
  it("let exactly fifty of two hundred through that ask at once", async () => {
    const limit = { name: newName(), points: 50, seconds: 60 };
    const answers = await times(200, (position) => (position % 2 ? here : there).take(limit, "a"));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(50);
    for (const answer of answers) {
      if (answer.ok) continue;
      expect(answer.retryAfterMs).toBeGreaterThan(0);
      expect(answer.retryAfterMs).toBeLessThanOrEqual(60_000);
    }
    expect(await there.take(limit, "b")).toEqual({ ok: true });
  });

  it("let no more through when points are taken in advance", async () => {
    const limit = { name: newName(), points: 200, seconds: 60, inAdvance: true };
    const answers = await times(600, (position) => (position % 2 ? here : there).take(limit, "a"));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(200);
    expect(await there.take(limit, "b")).toEqual({ ok: true });
  });

  it("count what costs more as more", async () => {
    const limit = { name: newName(), points: 10, seconds: 60 };
    expect(await here.take(limit, "a", 8)).toEqual({ ok: true });
    expect(await there.take(limit, "a", 3)).toMatchObject({ ok: false });
  });

  it("look without counting, and forget", async () => {
    const limit = { name: newName(), points: 1, seconds: 60 };
    expect(await here.peek(limit, "a")).toEqual({ ok: true });
    expect(await here.peek(limit, "a")).toEqual({ ok: true });
    await here.take(limit, "a");
    expect(await there.peek(limit, "a")).toMatchObject({ ok: false, retryAfterMs: expect.any(Number) });
    await there.forget(limit, "a");
    expect(await here.peek(limit, "a")).toEqual({ ok: true });
    expect(await here.take(limit, "a")).toEqual({ ok: true });
  });

  it("begin anew when the time is up", async () => {
    const limit = { name: newName(), points: 1, seconds: 1 };
    await here.take(limit, "a");
    const refused = await here.take(limit, "a");
    if (refused.ok) throw new Error("the second was let through");
    await new Promise((resolve) => setTimeout(resolve, refused.retryAfterMs + 20));
    expect(await here.take(limit, "a")).toEqual({ ok: true });
  });

  it("let exactly ten of two hundred into a room of ten", async () => {
    const room = newName();
    const ways = await times(200, (position) => (position % 2 ? here : there).enter(room, 10, 60_000));
    const inside = ways.filter((leave) => leave !== null);
    expect(inside).toHaveLength(10);
    const [first] = inside;
    await first?.();
    await first?.();
    const again = await times(5, () => there.enter(room, 10, 60_000));
    expect(again.filter((leave) => leave !== null)).toHaveLength(1);
  });

  it("give a place back whose holder was killed, but not one whose holder says that it stays", async () => {
    const [room, ttlMs] = [newName(), 300];
    await here.enter(room, 2, ttlMs, "killed");
    await here.enter(room, 2, ttlMs, "stays");
    expect(await there.enter(room, 2, ttlMs, "late")).toBeNull();
    const staying = setInterval(() => void here.enter(room, 2, ttlMs, "stays"), 30);
    await expect.poll(() => there.enter(room, 2, 60_000, "late").then(Boolean), { timeout: 10_000 }).toBe(true);
    expect(await there.enter(room, 2, ttlMs, "another")).toBeNull();
    clearInterval(staying);
  });
});

describe("limits while Redis is away", () => {
  it.skipIf(!server)("are kept by each process's own memory, and by Redis again when it is back", async () => {
    const cable = await openCable(server?.url ?? "");
    const told: unknown[] = [];
    const limits = createRedisLimits({
      redis: openRedis(cable.url),
      prefix: `${server?.prefix}:`,
      onError: (error) => void told.push(error),
    });
    const limit = { name: newName(), points: 5, seconds: 60 };
    expect((await times(20, () => limits.take(limit, "a"))).filter(({ ok }) => ok)).toHaveLength(5);
    cable.setUp(false);
    expect((await times(20, () => limits.take(limit, "a"))).filter(({ ok }) => ok)).toHaveLength(5);
    const ways = await times(20, () => limits.enter("away", 3, 60_000));
    expect(ways.filter((leave) => leave !== null)).toHaveLength(3);
    expect(told).toHaveLength(1);
    cable.setUp(true);
    const other = { ...limit, name: newName() };
    const direct = createRedisLimits({ redis: openRedis(server?.url ?? ""), prefix: `${server?.prefix}:` });
    await expect
      .poll(() => limits.take(other, newName()).then(() => limits.peek(limit, "a")), { timeout: 20_000 })
      .toMatchObject({ ok: false });
    expect(await direct.peek(limit, "a")).toMatchObject({ ok: false });
    cable.close();
  });
});

/** A cable to Redis that can be pulled out and put back. */
async function openCable(target: string) {
  let up = true;
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(target);
  const cable = createServer((near) => {
    if (!up) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
    return undefined;
  });
  await new Promise<void>((resolve) => cable.listen(0, "127.0.0.1", resolve));
  const address = cable.address();
  const setUp = (next: boolean) => {
    up = next;
    if (!up) for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    setUp,
    close: () => {
      setUp(false);
      cable.close();
    },
  };
}
