import type {} from "@axon/testing/global-setup";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { type Bus, createMemoryBus } from "./bus.ts";
import { createHub } from "./hub.ts";
import { createMemoryDeltas } from "./memory-deltas.ts";
import { createRedisBus } from "./redis-bus.ts";
import { brief, createScene, open, take } from "./testing/scene.ts";

vi.setConfig({ testTimeout: 30_000 });
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 10 });
const redisUrl = inject("testRedisUrl");
const closing: Bus[] = [];
afterEach(async () => {
  for (const bus of closing.splice(0)) await bus.close();
});

/** One process's bus, its two connections, and what its connections complained of. */
function redisBus(prefix: string) {
  const connections: Redis[] = [];
  const connect = () => {
    const connection = new Redis(redisUrl ?? "", { retryStrategy: () => 100 });
    connections.push(connection);
    return connection;
  };
  const bus = createRedisBus({ connect, prefix, onError: () => {} });
  closing.push(bus);
  const [publisher, subscriber] = connections;
  if (!publisher || !subscriber) throw new Error("the bus made no connections");
  return { bus, publisher, subscriber };
}

describe("the bus in memory", () => {
  it("tells every listener of the topic and no other, until each stops", () => {
    const bus = createMemoryBus();
    const heard: string[] = [];
    const listener = (payload: string) => heard.push(payload);
    const first = bus.subscribe("a", listener);
    const second = bus.subscribe("a", listener);
    bus.subscribe("b", () => heard.push("never"));
    bus.publish("a", "1");
    first.stop();
    first.stop();
    bus.publish("a", "2");
    second.stop();
    bus.publish("a", "3");
    expect(heard).toEqual(["1", "1", "2"]);
  });

  it("goes on when a listener throws, and says so", () => {
    const errors: unknown[] = [];
    const heard: string[] = [];
    const bus = createMemoryBus((error) => errors.push(error));
    bus.subscribe("a", () => {
      throw new Error("broken listener");
    });
    bus.subscribe("a", (payload) => heard.push(payload));
    bus.publish("a", "1");
    expect([heard, errors.length]).toEqual([["1"], 1]);
  });
});

describe.skipIf(!redisUrl)("the bus over Redis", () => {
  const prefix = () => `axon-test-${crypto.randomUUID()}:`;

  it("carries hints to other processes, words with colons and line breaks whole", async () => {
    const own = prefix();
    const here = redisBus(own);
    const there = redisBus(own);
    const elsewhere = redisBus(prefix());
    const heard: string[] = [];
    await there.bus.subscribe("a", (payload) => heard.push(payload)).ready;
    await elsewhere.bus.subscribe("a", (payload) => payload && heard.push("another installation")).ready;
    await soon(() => expect(here.publisher.status).toBe("ready"));
    here.bus.publish("a", "piece:x:0:one: two\nthree 👋");
    await soon(() => expect(heard).toContain("piece:x:0:one: two\nthree 👋"));
    expect(heard).not.toContain("another installation");
  });

  it("keeps one subscription for many listeners and none when all have left", async () => {
    const { bus, publisher } = redisBus(prefix());
    const topic = crypto.randomUUID();
    const channels = async () => (await publisher.call("PUBSUB", "CHANNELS", `*${topic}`)) as string[]; // safe: the reply is a list of names
    const both = [bus.subscribe(topic, () => {}), bus.subscribe(topic, () => {})];
    await Promise.all(both.map(({ ready }) => ready));
    both[0]?.stop();
    expect(await channels()).toHaveLength(1);
    both[1]?.stop();
    await soon(async () => expect(await channels()).toEqual([]));
  });

  it("shows what happened while its connection was down, without waiting for the poll", async () => {
    const own = prefix();
    const deltas = createMemoryDeltas();
    const here = redisBus(own);
    const there = redisBus(own);
    const writing = createScene({ bus: here.bus, deltas });
    const { workspaceId, conversationId, log } = writing;
    const reading = { ...createScene({ bus: there.bus, deltas }), workspaceId, conversationId, log };
    const hub = createHub({ bus: there.bus, deltas, log, pollMs: 60_000 });
    const { events, stop } = open(hub, reading, "0");
    writing.customerSays("before");
    expect((await take(events, (all) => all.length === 1)).map(brief)).toEqual(["message.created"]);
    await soon(() => expect(there.subscriber.status).toBe("ready"));
    there.subscriber.disconnect(true);
    const next = take(events, (all) => all.length === 1);
    writing.customerSays("while away"); // Its hint reaches nobody there.
    expect((await next).map(brief)).toEqual(["message.created"]);
    writing.customerSays("after"); // And hints are heard again.
    expect((await take(events, (all) => all.length === 1)).map(brief)).toEqual(["message.created"]);
    stop();
  });

  it("drops hints while Redis is away and never throws into the caller", async () => {
    const lost: unknown[] = [];
    const connect = () => new Redis({ host: "127.0.0.1", port: 1, retryStrategy: () => 50, maxRetriesPerRequest: 1 });
    const bus = createRedisBus({ connect, prefix: prefix(), onError: (error) => lost.push(error) });
    closing.push(bus);
    const subscription = bus.subscribe("a", () => {});
    for (let i = 0; i < 20_000; i += 1) bus.publish("a", "hint");
    await subscription.ready;
    expect(lost.length).toBeLessThan(1_000);
    subscription.stop();
  });
});
