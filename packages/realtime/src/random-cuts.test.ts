/**
 * The promise as a whole: whatever is lost, slow or cut, a subscriber who comes back with its last id has everything once, in order.
 *
 * @module
 */
import type {} from "@axon/testing/global-setup";
import { Redis } from "ioredis";
import { describe, expect, inject, it } from "vitest";
import { type Bus, createMemoryBus } from "./bus.ts";
import type { DeltaBuffer } from "./deltas.ts";
import { createMemoryDeltas } from "./memory-deltas.ts";
import { createRedisBus } from "./redis-bus.ts";
import { createRedisDeltas } from "./redis-deltas.ts";
import { push } from "./testing/push-reader.ts";
import { type Dice, dice, faultsOf, lossy, pause, talkAtRandom } from "./testing/random-talk.ts";
import { createScene, open, type Scene } from "./testing/scene.ts";
import type { Tracked } from "./walk.ts";

async function followWithCuts(talk: Scene, hubs: ReturnType<Scene["hub"]>[], roll: Dice): Promise<Tracked[]> {
  const all: Tracked[] = [];
  while (all.at(-1)?.event.type !== "handoff.requested") {
    const hub = hubs[roll(hubs.length)];
    if (!hub) throw new Error("no hub");
    const { events, stop } = open(hub, talk, all.at(-1)?.id ?? "0");
    const until = roll(9);
    for (let read = 0; read < until && all.at(-1)?.event.type !== "handoff.requested"; read += 1) {
      const next = await events.next();
      if (!next.done) all.push(next.value);
      if (roll(6) === 0) await pause(roll(4));
    }
    stop();
    if (roll(2) === 0) await events.return(undefined);
  }
  return all;
}

/** The same by one that is handed events, and that is full every now and then: before it was cut, or instead. */
async function takeWithCuts(talk: Scene, hubs: ReturnType<Scene["hub"]>[], roll: Dice): Promise<Tracked[]> {
  const all: Tracked[] = [];
  const over = () => all.at(-1)?.event.type === "handoff.requested";
  while (!over()) {
    const hub = hubs[roll(hubs.length)];
    if (!hub) throw new Error("no hub");
    await push(hub, talk, all, { batchesMax: 1 + roll(9), full: () => roll(4) === 0, over });
    if (roll(6) === 0) await pause(roll(4));
  }
  return all;
}

async function play(bus: Bus, deltas: DeltaBuffer, seed: number): Promise<void> {
  const roll = dice(seed);
  const talk = createScene({ bus: lossy(bus, roll), deltas });
  const hubs = [talk.hub(15), talk.hub(25)];
  const readers = [
    ...[1, 2].map((salt) => followWithCuts(talk, hubs, dice(seed + salt))),
    ...[3, 4, 5].map((salt) => takeWithCuts(talk, hubs, dice(seed + salt))),
  ];
  await talkAtRandom(talk, roll);
  for (const all of await Promise.all(readers)) expect([seed, faultsOf(talk, all)]).toEqual([seed, []]);
  expect(hubs.map((hub) => hub.stats())).toEqual(hubs.map(() => ({ topics: 0, followers: 0 })));
}

const seed = inject("testSeed");
const redisUrl = inject("testRedisUrl");

describe(`a subscriber who is cut off at random (seed ${seed})`, () => {
  it("misses nothing and sees nothing twice, in one process", async () => {
    for (let round = 0; round < 15; round += 1) await play(createMemoryBus(), createMemoryDeltas(), seed + round * 10);
  }, 60_000);

  it.skipIf(redisUrl === null)(
    "misses nothing and sees nothing twice, over Redis",
    async () => {
      const connect = () => new Redis(redisUrl ?? "");
      const prefix = `axon-test-${crypto.randomUUID()}:`;
      const redis = connect();
      const bus = createRedisBus({ connect, prefix });
      for (let round = 0; round < 5; round += 1) await play(bus, createRedisDeltas({ redis, prefix, keptMs: 60_000 }), seed + round * 10);
      await bus.close();
      redis.disconnect();
    },
    60_000,
  );
});
