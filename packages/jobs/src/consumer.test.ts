import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { logContext } from "@axon/config/log-context";
import type { JobRun, QueuedJob } from "@axon/contracts/jobs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openTestBackends, withJobs } from "./backends.fixture.ts";
import { createMemoryLog, handlersWith, replyJob } from "./scripted.fixture.ts";

class Refusal extends Error {
  override readonly name = "Refusal";
}
const waitMs = { timeout: 90_000, interval: 20 };
const quickStall = { lockMs: 2_000, checkMs: 500, timesMax: 3 };
const { backends, closeAll } = await openTestBackends();
afterAll(closeAll);

// Most of these wait for back-offs and clocks, so they wait together.
describe.concurrent.each(backends)("jobs on $name", { timeout: 100_000 }, ({ open }) => {
  it("a job reaches its handler with its payload, on its first try", () =>
    withJobs(open, async ({ producer, consume }) => {
      const seen: { payload: unknown; run: JobRun }[] = [];
      await consume({ handlers: handlersWith({ "reply.generate": async (payload, run) => void seen.push({ payload, run }) }) });
      const job = replyJob("turn:one:1");
      await producer.add([job]);
      await vi.waitFor(() => expect(seen).toHaveLength(1), waitMs);
      expect(seen[0]).toMatchObject({ payload: job.payload, run: { attempt: 1, lastAttempt: false } });
    }));

  it("a job's lines, also of its failure, name the request that caused it; the handler's payload is what it was", () =>
    withJobs(open, async ({ producer, consume }) => {
      const seen: { payload: unknown; context: object }[] = [];
      const told: object[] = [];
      const handler = async (payload: unknown) => {
        await sleep(1);
        seen.push({ payload, context: logContext() });
        throw new Refusal("not allowed");
      };
      await consume({ handlers: handlersWith({ "reply.generate": handler }), hooks: { onDead: () => told.push(logContext()) } });
      const job = { ...replyJob("caused"), requestId: "r-1" };
      await producer.add([job]);
      await vi.waitFor(() => expect(told).toHaveLength(1), waitMs);
      const context = { requestId: "r-1", workspaceId: job.payload.workspaceId, job: "reply.generate", jobId: "k-caused" };
      expect(seen).toEqual([{ payload: job.payload, context }]);
      expect(told).toEqual([context]);
    }));

  it("a handler that fails is tried again until it succeeds, and no more", () =>
    withJobs(open, async ({ producer, consume }) => {
      const attempts: number[] = [];
      const outcomes: string[] = [];
      const handler = async (_: unknown, run: JobRun) => {
        attempts.push(run.attempt);
        if (run.attempt < 3) throw new Error("not yet");
      };
      await consume({
        handlers: handlersWith({ "reply.generate": handler }),
        hooks: { onEnd: (_queue, _name, outcome) => outcomes.push(outcome) },
      });
      await producer.add([replyJob()]);
      await vi.waitFor(() => expect(outcomes).toEqual(["failed", "failed", "done"]), waitMs);
      expect(attempts).toEqual([1, 2, 3]);
    }));

  it("a job that always fails is given up after its last try, and somebody is told", () =>
    withJobs(open, async ({ producer, consume }) => {
      const runs: JobRun[] = [];
      const dead: string[] = [];
      const handler = async (_: unknown, run: JobRun) => {
        runs.push(run);
        throw new Error(`broken ${run.attempt}`);
      };
      await consume({
        handlers: handlersWith({ "reply.generate": handler }),
        hooks: { onDead: (_job, error) => dead.push(error.message) },
      });
      await producer.add([replyJob()]);
      await vi.waitFor(() => expect(dead).toEqual(["broken 5"]), waitMs);
      expect(runs.map((run) => run.lastAttempt)).toEqual([false, false, false, false, true]);
    }));

  it.each([
    ["a refusal", replyJob("no"), "not allowed"],
    ["a payload that does not fit", { ...replyJob("bad"), payload: { turnId: 7 } }, "bad payload for reply.generate"],
  ])("%s is final: the job is not tried again", (_, job: QueuedJob, message) =>
    withJobs(open, async ({ producer, consume }) => {
      let tries = 0;
      const dead: string[] = [];
      const starts: string[] = [];
      const handler = async () => {
        tries += 1;
        throw new Refusal("not allowed");
      };
      await consume({
        handlers: handlersWith({ "reply.generate": handler }),
        hooks: { onStart: (_queue, name) => starts.push(name), onDead: (_job, error) => dead.push(error.message) },
      });
      await producer.add([job]);
      await vi.waitFor(() => expect(dead).toEqual([message]), waitMs);
      await sleep(1_500); // Longer than the first back-off, had there been one.
      expect(starts).toHaveLength(1);
      expect(tries).toBe(message === "not allowed" ? 1 : 0);
    }),
  );

  it("the same key twice runs once: in one batch, in two, and after it is done", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ran: string[] = [];
      await consume({ handlers: handlersWith({ "reply.generate": async (payload) => void ran.push(payload.turnId) }) });
      const [twice, other, last] = [replyJob("a:1"), replyJob("a%3A1"), replyJob("last")];
      await producer.add([twice, twice, other]);
      await producer.add([twice]);
      await vi.waitFor(() => expect(ran).toHaveLength(2), waitMs);
      await producer.add([twice]);
      await producer.add([last]);
      await vi.waitFor(() => expect(ran).toContain(last.payload.turnId), waitMs);
      expect(ran.toSorted()).toEqual([twice, other, last].map((job) => job.payload.turnId).toSorted());
    }));

  it("a delayed job waits its time, and does not hold up the others", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ranAt = new Map<string, number>();
      await consume({ handlers: handlersWith({ "reply.generate": async (payload) => void ranAt.set(payload.turnId, Date.now()) }) });
      const [tomorrow, late, soon] = [replyJob("tomorrow", 24 * 3600_000), replyJob("late", 1_500), replyJob("soon")];
      const addedAt = Date.now();
      await producer.add([tomorrow, late, soon]);
      await vi.waitFor(() => expect([...ranAt.keys()].toSorted()).toEqual([late.payload.turnId, soon.payload.turnId].toSorted()), waitMs);
      expect((ranAt.get(late.payload.turnId) ?? 0) - addedAt).toBeGreaterThanOrEqual(1_490);
    }));

  it("closing loses nothing: what runs is given back, and giving back is not a try", () =>
    withJobs(open, async ({ producer, consume }) => {
      const wanted = Array.from({ length: 30 }, () => replyJob());
      const running = new Set<string>();
      const aborted: unknown[] = [];
      const stubborn = async (payload: { turnId: string }, run: JobRun) => {
        running.add(payload.turnId);
        run.signal.addEventListener("abort", () => aborted.push(run.signal.reason));
        await new Promise(() => {}); // Never ends, and does not listen.
      };
      const first = await consume({ handlers: handlersWith({ "reply.generate": stubborn }) });
      await producer.add(wanted);
      await vi.waitFor(() => expect(running.size).toBe(8), waitMs);
      await first.close({ graceMs: 100 });
      expect(aborted).toHaveLength(8);
      expect(running.size).toBe(8); // Closing took nothing new.

      const done = new Map<string, number[]>();
      const honest = async (payload: { turnId: string }, run: JobRun) => {
        done.set(payload.turnId, [...(done.get(payload.turnId) ?? []), run.attempt]);
      };
      await consume({ handlers: handlersWith({ "reply.generate": honest }) });
      await vi.waitFor(() => expect(done.size).toBe(30), waitMs);
      expect([...done.values()]).toEqual(wanted.map(() => [1]));
    }));

  it("closing waits for a handler that ends in time", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ended: string[] = [];
      let started = false;
      const handler = async (_: unknown, run: JobRun) => {
        started = true;
        await sleep(500);
        ended.push(run.signal.aborted ? "aborted" : "in peace");
      };
      const consumer = await consume({ handlers: handlersWith({ "reply.generate": handler }) });
      await producer.add([replyJob()]);
      await vi.waitFor(() => expect(started).toBe(true), waitMs);
      await consumer.close({ graceMs: 20_000 });
      expect(ended).toEqual(["in peace"]);
    }));

  it("the job of a worker that is killed is run again by another, as if it had not been tried", () =>
    withJobs(open, async ({ producer, consume, source }) => {
      const job = replyJob();
      await producer.add([job]);
      await killWorkerWithJob(source);

      const ran: { turnId: string; attempt: number }[] = [];
      const log = createMemoryLog();
      const handler = async (payload: { turnId: string }, run: JobRun) => void ran.push({ turnId: payload.turnId, attempt: run.attempt });
      await consume({ handlers: handlersWith({ "reply.generate": handler }), stall: quickStall, log });
      await vi.waitFor(() => expect(ran).toEqual([{ turnId: job.payload.turnId, attempt: 1 }]), waitMs);
      await vi.waitFor(() => expect(log.lines).toContain("a job was let go without a word; it is run again"), waitMs);
    }));
});

/** Starts a worker of ours in a process of its own, waits until it has a job in hand, and kills it without a chance to say goodbye. */
async function killWorkerWithJob(backendSource: string): Promise<void> {
  const worker = `
    ${backendSource}
    import { createConsumer } from "./src/consumer.ts";
    const hang = () => { console.log("mine"); return new Promise(() => {}); };
    const handlers = { "reply.generate": hang, "knowledge.ingest": hang, "knowledge.purge": hang };
    await createConsumer({ backend, handlers, log: console, stall: ${JSON.stringify(quickStall)} }).start();`;
  const options = { cwd: new URL("..", import.meta.url), stdio: ["ignore", "pipe", "inherit"] as ["ignore", "pipe", "inherit"] };
  const child = spawn(process.execPath, ["--import", "tsx", "-C", "source", "--input-type=module", "-e", worker], options);
  try {
    await once(child.stdout, "data");
  } finally {
    child.kill("SIGKILL");
  }
  await once(child, "exit");
}
