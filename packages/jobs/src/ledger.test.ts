/** What is written down of jobs that came to their end, while queues and ledger fail as they like. */
import type { JobRun } from "@axon/contracts/jobs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openTestBackends, withJobs } from "./backends.fixture.ts";
import type { GivenUpJob, JobLedger } from "./ledger.ts";
import { createMemoryLog, handlersWith, replyJob, strangeJob } from "./scripted.fixture.ts";

const waitMs = { timeout: 60_000, interval: 20 };
const { backends, closeAll } = await openTestBackends();
afterAll(closeAll);

function memoryLedger(): JobLedger & { letters: GivenUpJob[]; struck: string[] } {
  const [letters, struck]: [GivenUpJob[], string[]] = [[], []];
  return { letters, struck, dead: async (job) => void letters.push(job), done: async (jobId) => void struck.push(jobId) };
}

describe.concurrent.each(backends)("the ledger of jobs on $name", { timeout: 90_000 }, ({ open }) => {
  it("has each that was given up or set aside, with its reason, and nothing of those that succeed in the end", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ledger = memoryLedger();
      const outcomes: string[] = [];
      const reported: string[] = [];
      const wrongKey = Object.assign(new Error("Bearer abcdefghijkl is wrong"), { name: "ModelError", retryable: false });
      const refusal = Object.assign(new Error("not allowed"), { name: "Refusal" });
      const [permanent, refused, later] = [replyJob("permanent"), replyJob("refused"), replyJob("later")];
      const handler = async ({ turnId }: { turnId: string }, run: JobRun) => {
        if (turnId === permanent.payload.turnId) throw wrongKey;
        if (turnId === refused.payload.turnId) throw refusal;
        if (run.attempt === 1) throw new Error("not yet");
      };
      await consume({
        handlers: handlersWith({ "reply.generate": handler }),
        ledger,
        hooks: { onEnd: (_queue, _name, outcome) => outcomes.push(outcome), onDead: (job) => reported.push(job.id) },
      });
      const strange = strangeJob("reply.sing", { workspaceId: permanent.payload.workspaceId });
      const newer = { ...replyJob("newer"), payload: { ...replyJob().payload, $v: 2 } };
      await producer.add([{ ...permanent, requestId: "r-1" }, refused, later, strange, newer]);
      await vi.waitFor(() => expect(outcomes).toHaveLength(6), waitMs);
      const noted = Object.fromEntries(ledger.letters.map(({ jobId, code, parked, attempts }) => [jobId, { code, parked, attempts }]));
      expect(noted).toEqual({
        "k-permanent": { code: "permanent", parked: false, attempts: 1 },
        "k-refused": { code: "refused", parked: false, attempts: 1 },
        [`k-${strange.key}`]: { code: "unknown_job", parked: true, attempts: 0 },
        "k-newer": { code: "newer_version", parked: true, attempts: 0 },
      });
      expect(ledger.letters.find(({ jobId }) => jobId === "k-permanent")).toMatchObject({
        queue: "replies",
        name: "reply.generate",
        payload: { ...permanent.payload, $v: 1 },
        error: "Bearer [redacted] is wrong",
        requestId: "r-1",
      });
      expect(outcomes.toSorted()).toEqual(["dead", "dead", "done", "failed", "parked", "parked"]);
      // Nobody is woken for what only waits for its version.
      expect(reported.toSorted()).toEqual(["k-permanent", "k-refused"]);
    }));

  it("is told of the end of those that the outbox remembers, and of no others", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ledger = memoryLedger();
      const outcomes: string[] = [];
      await consume({ handlers: handlersWith({}), ledger, hooks: { onEnd: (_queue, _name, outcome) => outcomes.push(outcome) } });
      const { payload } = replyJob();
      await producer.add([
        replyJob("found:by:a:sweep"),
        { key: "only:in%the outbox", name: "knowledge.index", payload: { workspaceId: payload.workspaceId }, delayMs: 0 },
      ]);
      await vi.waitFor(() => expect(outcomes).toEqual(["done", "done"]), waitMs);
      expect(ledger.struck).toEqual(["k-only%3Ain%25the outbox"]);
    }));

  it("that can't be written to keeps the job from being given up, until it can", () =>
    withJobs(open, async ({ producer, consume }) => {
      const ledger = memoryLedger();
      let away = true;
      const log = createMemoryLog();
      const dead: string[] = [];
      const refusal = Object.assign(new Error("no"), { name: "Refusal" });
      await consume({
        handlers: handlersWith({ "reply.generate": () => Promise.reject(refusal) }),
        ledger: { ...ledger, dead: (job) => (away ? Promise.reject(new Error("no database")) : ledger.dead(job)) },
        log,
        hooks: { onDead: (job) => dead.push(job.id) },
      });
      await producer.add([replyJob("one")]);
      await vi.waitFor(() => expect(log.lines).toContain("a dead job could not be written down; it is tried once more"), waitMs);
      expect(dead).toEqual([]);
      away = false;
      await vi.waitFor(() => expect(dead).toEqual(["k-one"]), waitMs);
      expect(ledger.letters.map(({ jobId }) => jobId)).toEqual(["k-one"]);
    }));
});
