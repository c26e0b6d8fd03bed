import { setTimeout as sleep } from "node:timers/promises";
import { queues } from "@axon/contracts/jobs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openTestBackends, withJobs } from "./backends.fixture.ts";
import { createQueueMonitor, type QueueState } from "./monitor.ts";
import { handlersWith, replyJob, strangeJob } from "./scripted.fixture.ts";

const waitMs = { timeout: 60_000, interval: 20 };
const { backends, closeAll } = await openTestBackends();
afterAll(closeAll);

const byQueue = (states: QueueState[]): Record<string, QueueState | undefined> =>
  Object.fromEntries(states.map((state) => [state.queue, state]));

describe.each(backends)("the queue monitor on $name", ({ open }) => {
  it("tells how many jobs wait, wait for later, run and were given up, and how long the oldest has been due", () =>
    withJobs(open, async ({ backend, producer, consume }) => {
      const monitor = createQueueMonitor(backend);
      try {
        const empty = { waiting: 0, delayed: 0, active: 0, failed: 0 };
        expect(await monitor.read()).toEqual(Object.keys(queues).map((queue) => ({ queue, counts: empty, oldestWaitingMs: 0 })));
        await producer.add([replyJob("first")]);
        const addedAt = Date.now();
        await sleep(1_000);
        await producer.add([replyJob("second"), replyJob("third"), replyJob("tomorrow", 24 * 3600_000), strangeJob("reply.sing", {})]);
        const readAt = Date.now();
        const { replies, system } = byQueue(await monitor.read());
        expect(replies).toMatchObject({ queue: "replies", counts: { waiting: 3, delayed: 1, active: 0, failed: 0 } });
        expect(replies?.oldestWaitingMs).toBeGreaterThanOrEqual(readAt - addedAt);
        expect(system?.counts.waiting).toBe(1);

        let release = () => {};
        const held = new Promise<void>((resolve) => {
          release = resolve;
        });
        await consume({ handlers: handlersWith({ "reply.generate": () => held }) });
        await vi.waitFor(async () => {
          const { replies: running, system: given } = byQueue(await monitor.read());
          expect(running).toMatchObject({ counts: { waiting: 0, delayed: 1, active: 3 }, oldestWaitingMs: 0 });
          expect(given?.counts).toEqual({ ...empty, failed: 1 });
        }, waitMs);
        release();
      } finally {
        await monitor.close();
      }
      await expect(monitor.read()).rejects.toThrow("closed");
    }));
});
