/**
 * The promise as a whole: whatever is lost, slow or cut, a subscriber who comes back with its last id has everything once, in order.
 *
 * @module
 */
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { type Bus, createMemoryBus } from "./bus.ts";
import type { DeltaBuffer } from "./deltas.ts";
import type { Tracked } from "./follow.ts";
import { createMemoryDeltas } from "./memory-deltas.ts";
import { createRedisBus } from "./redis-bus.ts";
import { createRedisDeltas } from "./redis-deltas.ts";
import { createScene, open, type Scene } from "./testing/scene.ts";

type Dice = (below: number) => number;

/** Random numbers that a printed seed repeats. */
function dice(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Loses a third of all hints. */
const lossy = (bus: Bus, roll: Dice): Bus => ({ ...bus, publish: (topic, payload) => roll(3) > 0 && bus.publish(topic, payload) });

async function talkAtRandom(talk: Scene, roll: Dice): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) {
    talk.customerSays(`question ${turn}`);
    const reply = talk.replyStarts(roll(2));
    const words = roll(12);
    for (let word = 0; word < words; word += 1) {
      await talk.word(reply, `${turn}.${word} `);
      if (roll(4) === 0) await pause(roll(3));
      if (roll(8) === 0) talk.customerSays("and another thing");
    }
    if (roll(4) === 0) talk.replyIsSuperseded(reply);
    else await talk.replyCompletes(reply);
  }
  talk.documentMoves(1);
  talk.commit({
    type: "handoff.requested",
    conversationId: talk.conversationId,
    turnId: crypto.randomUUID(),
    reason: "customer_asked",
    confidence: null,
  });
}

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

/** Checks the whole of what one subscriber got against the log. */
function expectWhole(talk: Scene, all: Tracked[], seed: number): void {
  const logged = talk.log.rows().filter((row) => row.seq !== null);
  const durable = all.filter(({ event }) => event.type !== "reply.delta");
  expect([seed, durable.map(({ event }) => event.id)]).toEqual([seed, logged.map(({ event }) => event.id)]);
  const replies = new Map<string, { next: number; text: string; over: boolean }>();
  for (const { event } of all) {
    if (event.type === "reply.started") replies.set(event.replyId, { next: 0, text: "", over: false });
    if (event.type === "reply.delta") {
      const reply = replies.get(event.replyId);
      expect([seed, reply?.over, reply?.next]).toEqual([seed, false, event.index]);
      if (reply) Object.assign(reply, { next: reply.next + 1, text: reply.text + event.text });
    }
    if (event.type === "message.created" && event.message.author.kind === "ai") {
      expect([seed, [...replies.values()].at(-1)?.text]).toEqual([seed, event.message.text]); // No word comes after its message.
    }
    if (event.type === "reply.completed") expect([seed, replies.get(event.replyId)?.text]).toEqual([seed, event.text]);
    if (event.type === "reply.completed" || event.type === "reply.superseded")
      Object.assign(replies.get(event.replyId) ?? {}, { over: true });
  }
}

async function play(bus: Bus, deltas: DeltaBuffer, seed: number): Promise<void> {
  const roll = dice(seed);
  const talk = createScene({ bus: lossy(bus, roll), deltas });
  const hubs = [talk.hub(15), talk.hub(25)];
  const readers = [1, 2, 3].map((salt) => followWithCuts(talk, hubs, dice(seed + salt)));
  await talkAtRandom(talk, roll);
  for (const all of await Promise.all(readers)) expectWhole(talk, all, seed);
  expect(hubs.map((hub) => hub.stats())).toEqual(hubs.map(() => ({ topics: 0, followers: 0 })));
}

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);

describe(`a subscriber who is cut off at random (seed ${seed})`, () => {
  it("misses nothing and sees nothing twice, in one process", async () => {
    for (let round = 0; round < 15; round += 1) await play(createMemoryBus(), createMemoryDeltas(), seed + round * 10);
  }, 60_000);

  it.skipIf(!process.env.TEST_REDIS_URL)(
    "misses nothing and sees nothing twice, over Redis",
    async () => {
      const connect = () => new Redis(process.env.TEST_REDIS_URL ?? "");
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
