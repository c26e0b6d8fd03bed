import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { QueuedJob } from "@axon/contracts/jobs";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { openTestBackends, withJobs } from "./backends.fixture.ts";
import { createRelay, type Relay, type RelayOptions, type TakeBatch } from "./relay.ts";
import { createMemoryLog, handlersWith, replyJob } from "./scripted.fixture.ts";

const waitMs = { timeout: 20_000, interval: 10 };
const relays: Relay[] = [];
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

/** An outbox in memory, as a table with a lease would behave. `write` is a commit, with its hint unless told otherwise. */
function createOutbox() {
  let rows: { job: QueuedJob; leased: boolean }[] = [];
  const listeners = new Set<() => void>();
  const takeBatch: TakeBatch = async (limit, deliver) => {
    const mine = rows.filter((row) => !row.leased).slice(0, limit);
    for (const row of mine) row.leased = true;
    try {
      if (mine.length > 0) await deliver(mine.map((row) => row.job));
      rows = rows.filter((row) => !mine.includes(row));
    } finally {
      for (const row of mine) row.leased = false;
    }
    return mine.length;
  };
  return {
    takeBatch,
    left: () => rows.length,
    listeners,
    hint() {
      for (const listener of listeners) listener();
    },
    wake: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    write(jobs: QueuedJob[], { hinted = true } = {}) {
      rows.push(...jobs.map((job) => ({ job, leased: false })));
      if (hinted) for (const listener of listeners) listener();
    },
  };
}

function startRelay(outbox: ReturnType<typeof createOutbox>, some: Partial<RelayOptions> & Pick<RelayOptions, "producer">): Relay {
  const { takeBatch, wake } = outbox;
  const relay = createRelay({ takeBatch, wake, pollMs: 60_000, batchMax: 10, log: createMemoryLog(), ...some });
  relays.push(relay);
  relay.start();
  return relay;
}

const jobsOf = (count: number) => Array.from({ length: count }, () => replyJob());

describe("the outbox relay", () => {
  it("carries what is written, as soon as it is told, in batches until nothing is left", async () => {
    const outbox = createOutbox();
    const batches: number[] = [];
    startRelay(outbox, { producer: { add: async (jobs) => void batches.push(jobs.length) } });
    outbox.write(jobsOf(25));
    await vi.waitFor(() => expect(outbox.left()).toBe(0), waitMs);
    expect(batches).toEqual([10, 10, 5]);
  });

  it("finds what it was not told of, by looking now and then", async () => {
    const outbox = createOutbox();
    startRelay(outbox, { producer: { add: async () => {} }, pollMs: 50 });
    await sleep(20);
    outbox.write(jobsOf(1), { hinted: false });
    await vi.waitFor(() => expect(outbox.left()).toBe(0), waitMs);
  });

  it("does not miss a hint that comes while it works", async () => {
    const outbox = createOutbox();
    let release = () => {};
    const blocked = new Promise<void>((resolve) => (release = resolve));
    let adds = 0;
    startRelay(outbox, {
      producer: {
        add: async () => {
          adds += 1;
          if (adds === 1) await blocked;
        },
      },
    });
    outbox.write(jobsOf(1));
    await vi.waitFor(() => expect(adds).toBe(1), waitMs);
    outbox.write(jobsOf(1));
    release();
    await vi.waitFor(() => expect(outbox.left()).toBe(0), waitMs);
    expect(adds).toBe(2);
  });

  it("never works twice at once, however often it is woken or started", async () => {
    const outbox = createOutbox();
    let [running, most, adds] = [0, 0, 0];
    const add = async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
      adds += 1;
    };
    const relay = startRelay(outbox, { producer: { add } });
    relay.start();
    for (let i = 0; i < 20; i++) {
      outbox.write(jobsOf(3));
      outbox.hint();
      await sleep(2);
    }
    await vi.waitFor(() => expect(outbox.left()).toBe(0), waitMs);
    expect(most).toBe(1);
    expect(outbox.listeners.size).toBe(1);
    expect(adds).toBeGreaterThan(0);
  });

  it("lives through failures: it waits longer each time, hints do not hurry it, and nothing is lost", async () => {
    const outbox = createOutbox();
    const log = createMemoryLog();
    const tries: number[] = [];
    const add = async () => {
      tries.push(Date.now());
      if (tries.length <= 2) throw new Error("queue is away");
    };
    startRelay(outbox, { producer: { add }, log });
    outbox.write(jobsOf(1));
    const pestering = setInterval(outbox.hint, 5);
    await vi.waitFor(() => expect(outbox.left()).toBe(0), waitMs);
    clearInterval(pestering);
    expect(log.lines).toHaveLength(2);
    const [first = 0, second = 0, third = 0] = tries;
    expect(second - first).toBeGreaterThanOrEqual(75);
    expect(third - second).toBeGreaterThanOrEqual(390);
  });

  it("stopping waits for the batch under way and takes no other", async () => {
    const outbox = createOutbox();
    let adds = 0;
    const add = async () => {
      adds += 1;
      await sleep(100);
    };
    const relay = startRelay(outbox, { producer: { add } });
    outbox.write(jobsOf(25));
    await vi.waitFor(() => expect(adds).toBe(1), waitMs);
    await relay.stop();
    expect(outbox.left()).toBe(15);
    outbox.write(jobsOf(1));
    await sleep(50);
    expect(adds).toBe(1);
    expect(outbox.listeners.size).toBe(0);
  });
});

const { backends, closeAll } = await openTestBackends();
afterAll(closeAll);

describe.each(backends)("the relay over $name", ({ open }) => {
  it("a crash between handing over and deleting runs the jobs once all the same", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ran: string[] = [];
      await consume({ handlers: handlersWith({ "reply.generate": async (payload) => void ran.push(payload.turnId) }) });
      const outbox = createOutbox();
      const log = createMemoryLog();
      let crashes = 0;
      const crashing: TakeBatch = (limit, deliver) =>
        outbox.takeBatch(limit, async (jobs) => {
          await deliver(jobs);
          crashes += 1;
          if (crashes <= 2) throw new Error("died before the rows were deleted");
        });
      const wanted = jobsOf(5);
      startRelay(outbox, { producer, log, takeBatch: crashing });
      outbox.write(wanted);
      await vi.waitFor(() => expect(outbox.left()).toBe(0), waitMs);
      const last = { ...replyJob(), key: randomUUID() };
      outbox.write([last]);
      await vi.waitFor(() => expect(ran).toContain(last.payload.turnId), waitMs);
      expect(log.lines).toHaveLength(2);
      expect(ran.toSorted()).toEqual([...wanted, last].map((job) => job.payload.turnId).toSorted());
    }));
});
