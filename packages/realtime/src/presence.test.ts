import type { PresenceEvent } from "@axon/contracts/events";
import type {} from "@axon/testing/global-setup";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { type Bus, createMemoryBus } from "./bus.ts";
import { createPresence, type Presence } from "./presence.ts";
import { createMemoryPresence, createRedisPresence, type PresenceStore } from "./presence-store.ts";

const redisUrl = inject("testRedisUrl");
const workspaceId = "w";
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server's part of it, with what its streams were told. */
function server(store: PresenceStore, bus: Bus, refreshMs: number): { presence: Presence; told: PresenceEvent[] } {
  const told: PresenceEvent[] = [];
  const presence = createPresence({
    ...{ store, bus, refreshMs, lingerMs: 5 },
    tell: (event) => void told.push(event),
    onError: (error) => {
      throw error;
    },
  });
  closing.push(() => presence.close());
  return { presence, told };
}
const newsOf = (told: readonly PresenceEvent[]) => told.map(({ accountId, online }) => [accountId, online]);

describe("who is there", () => {
  it("goes with the server that died, though it said no goodbye, and the others' streams are told", async () => {
    let nowMs = 0;
    const store = createMemoryPresence(() => nowMs);
    const [staying, dying] = [server(store, createMemoryBus(), 5), server(store, createMemoryBus(), 3_600_000)];
    staying.presence.enter(workspaceId, "ada");
    await soon(async () => expect(await staying.presence.online(workspaceId)).toEqual(["ada"]));
    dying.presence.enter(workspaceId, "bea");
    await soon(() => expect(newsOf(staying.told)).toEqual([["bea", true]]));
    // It says nothing any more; the one that lives goes on saying its word.
    for (let step = 0; step < 5; step += 1) {
      nowMs += 6_000;
      await new Promise((done) => setTimeout(done, 25));
    }
    await soon(() =>
      expect(newsOf(staying.told)).toEqual([
        ["bea", true],
        ["bea", false],
      ]),
    );
    expect(await staying.presence.online(workspaceId)).toEqual(["ada"]);
  });

  it("stays as it is while somebody loads a page anew, and while one of two tabs is closed", async () => {
    const store = createMemoryPresence();
    const bus = createMemoryBus();
    const [here, there] = [server(store, bus, 3_600_000), server(store, bus, 3_600_000)];
    there.presence.enter(workspaceId, "ada");
    await soon(async () => expect(await there.presence.online(workspaceId)).toEqual(["ada"]));
    const [first, second] = [here.presence.enter(workspaceId, "bea"), here.presence.enter(workspaceId, "bea")];
    await soon(() => expect(newsOf(there.told)).toEqual([["bea", true]]));
    first();
    first();
    second();
    here.presence.enter(workspaceId, "bea");
    await new Promise((done) => setTimeout(done, 40));
    expect(newsOf(there.told)).toEqual([["bea", true]]);
    expect(await there.presence.online(workspaceId)).toEqual(["ada", "bea"]);
  });
});

const stores: [string, boolean, () => PresenceStore][] = [
  ["memory", true, () => createMemoryPresence()],
  [
    "Redis",
    redisUrl !== null,
    () => {
      const redis = new Redis(redisUrl ?? "");
      closing.push(() => redis.disconnect());
      return createRedisPresence({ redis, prefix: `axon-test-${crypto.randomUUID()}:` });
    },
  ],
];

for (const [name, available, create] of stores) {
  describe.skipIf(!available)(`the words of servers, in ${name}`, () => {
    it("end by themselves when they are not said again, each for itself", async () => {
      const store = create();
      await store.say(workspaceId, ["ada", "bea"], "one", 200);
      await store.say(workspaceId, ["ada"], "two", 60_000);
      expect(await store.online(workspaceId)).toEqual(["ada", "bea"]);
      await soon(async () => expect(await store.online(workspaceId)).toEqual(["ada"]));
      await store.unsay(workspaceId, "ada", "one");
      expect(await store.online(workspaceId)).toEqual(["ada"]);
      await store.unsay(workspaceId, "ada", "two");
      expect(await store.online(workspaceId)).toEqual([]);
      expect(await store.online("another")).toEqual([]);
    });
  });
}
