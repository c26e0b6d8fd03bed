/** Who waits for whom: measured, and printed. */
import { setTimeout as sleep } from "node:timers/promises";
import type { QueuedJob } from "@axon/contracts/jobs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openTestBackends, withJobs } from "./backends.fixture.ts";
import { handlersWith, replyJob } from "./scripted.fixture.ts";

const waitMs = { timeout: 60_000, interval: 20 };
const { backends, closeAll } = await openTestBackends();
afterAll(closeAll);

/** Jobs that one `add` takes. */
const batch = 500;
const inBatches = <Item>(items: readonly Item[]) =>
  Array.from({ length: Math.ceil(items.length / batch) }, (_, place) => items.slice(place * batch, (place + 1) * batch));

describe.each(backends)("on $name", { timeout: 120_000 }, ({ name, open }) => {
  // An embedded database adds a thousand in the time in which Redis adds ten thousand.
  const many = name === "Redis" ? 10_000 : 1_000;

  it("one workspace's thousands of waiting replies let another's one pass, and none of them is passed over", () =>
    withJobs(open, async ({ producer, consume }) => {
      const crowd = Array.from({ length: many }, (_, place) => ({ ...replyJob(`crowd-${place}`), ahead: place }));
      for (const jobs of inBatches(crowd)) await producer.add(jobs);
      const lone = { ...replyJob("lone"), ahead: 0 };
      await producer.add([lone]);
      const order: string[] = [];
      const consumer = await consume({
        handlers: handlersWith({
          "reply.generate": async ({ turnId }) => {
            order.push(turnId);
            await sleep(1);
          },
        }),
      });
      await vi.waitFor(() => expect(order.length).toBeGreaterThan(100), waitMs);
      await consumer.close({ graceMs: 1_000 });
      const before = order.indexOf(lone.payload.turnId);
      console.log(`${name}: behind ${many} replies of another workspace, one reply was begun after ${before} of them`);
      expect(before).toBeGreaterThanOrEqual(0);
      expect(before).toBeLessThanOrEqual(16);
      // Of its own, who came first is served first: those that ran are the first ones of the crowd, but for what ran side by side.
      const places = order.filter((id) => id !== lone.payload.turnId).map((id) => crowd.findIndex(({ payload }) => payload.turnId === id));
      expect(Math.max(...places)).toBeLessThan(order.length + 16);
    }));

  it("replies don't wait for a thousand documents that are being read", () =>
    withJobs(open, async ({ producer, consume }) => {
      const { workspaceId, turnId } = replyJob().payload;
      const documents = Array.from({ length: 1_000 }, (_, place): QueuedJob => {
        return { key: `doc-${place}`, name: "knowledge.ingest", payload: { workspaceId, documentId: turnId }, delayMs: 0 };
      });
      for (const jobs of inBatches(documents)) await producer.add(jobs);
      let read = 0;
      const waits: number[] = [];
      const handlers = handlersWith({
        "knowledge.ingest": async () => {
          await sleep(25);
          read += 1;
        },
      });
      const hooks = {
        onStart: (queue: string, _name: string, waitedMs: number | null) => void (queue === "replies" && waits.push(waitedMs ?? 0)),
      };
      await consume({ handlers, hooks });
      await vi.waitFor(() => expect(read).toBeGreaterThan(0), waitMs);
      const replies = 40;
      for (let place = 0; place < replies; place++) {
        await producer.add([replyJob()]);
        await sleep(10);
      }
      await vi.waitFor(() => expect(waits).toHaveLength(replies), waitMs);
      const left = documents.length - read;
      const sorted = waits.toSorted((a, b) => a - b);
      const [median, p95] = [0.5, 0.95].map((part) => sorted[Math.floor(replies * part)] ?? 0);
      console.log(
        `${name}: with ${left} of 1000 documents still waiting, a reply waited ${median} ms (median), ${p95} ms (p95) for a worker`,
      );
      // All replies were begun while documents waited: behind them in one queue, they would have come last.
      expect(left).toBeGreaterThan(100);
      expect(median).toBeLessThan(1_000);
    }));
});
