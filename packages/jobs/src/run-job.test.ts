import { randomUUID } from "node:crypto";
import { type JobHandlers, type JobRun, type JobSpec, jobs } from "@axon/contracts/jobs";
import { UnrecoverableError } from "bullmq";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { JobGivenBack, JobTimedOut, type JobToRun, runJob } from "./run-job.ts";
import { handlersWith } from "./scripted.fixture.ts";

const settleMs = 1_000;
const { timeoutMs, attempts } = jobs["reply.generate"];
const job = (attemptsMade = 0): JobToRun => ({
  id: "k-1",
  name: "reply.generate",
  data: { workspaceId: randomUUID(), turnId: randomUUID() },
  attemptsMade,
  attemptsMax: attempts,
});
const open = new AbortController().signal;
const attempt = (handler: JobHandlers["reply.generate"], closing = open, onLate?: (job: JobToRun, error: unknown) => void) =>
  runJob(job(), { handlers: handlersWith({ "reply.generate": handler }), closing, settleMs, ...(onLate && { onLate }) });

describe("one try of a job", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("leaves no clock running when it is done", async () => {
    await attempt(async () => {});
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells a handler that takes too long to stop, and fails the job even when it does not listen", async () => {
    let signal: AbortSignal | undefined;
    const failed = attempt((_, run) => {
      signal = run.signal;
      return new Promise(() => {});
    }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(settleMs);
    expect(await failed).toBeInstanceOf(JobTimedOut);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("calls a handler that stopped because it was told to timed out, not broken", async () => {
    const failed = attempt((_, run) => stopWhenTold(run)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(timeoutMs);
    expect(await failed).toBeInstanceOf(JobTimedOut);
  });

  it("counts a handler as done when it ends well after it was told to stop", async () => {
    const done = attempt((_, run) => stopWhenTold(run).catch(() => undefined));
    await vi.advanceTimersByTimeAsync(timeoutMs);
    await expect(done).resolves.toBeUndefined();
  });

  it("lets it be known when a handler that was given up on ends after all", async () => {
    const late: unknown[] = [];
    let end = () => {};
    const handler = () => new Promise<void>((_, reject) => (end = () => reject(new Error("too late"))));
    const failed = attempt(handler, open, (_, error) => late.push(error)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(timeoutMs + settleMs);
    await failed;
    expect(late).toEqual([]);
    end();
    await vi.advanceTimersByTimeAsync(0);
    expect(late).toEqual([new Error("too late")]);
  });

  it("gives the job back when the worker closes, and does not begin one after that", async () => {
    const closing = new AbortController();
    const failed = attempt((_, run) => stopWhenTold(run), closing.signal).catch((error: unknown) => error);
    closing.abort();
    expect(await failed).toBeInstanceOf(JobGivenBack);
    const never = vi.fn(async () => {});
    await expect(attempt(never, closing.signal)).rejects.toBeInstanceOf(JobGivenBack);
    expect(never).not.toHaveBeenCalled();
  });

  it("keeps the reason of a refusal, and a refusal stays final even while closing", async () => {
    const refusal = Object.assign(new Error("no such turn"), { name: "Refusal" });
    const closing = new AbortController();
    const failed = attempt(async () => {
      closing.abort();
      throw refusal;
    }, closing.signal).catch((error: unknown) => error);
    const error = await failed;
    expect(error).toBeInstanceOf(UnrecoverableError);
    expect(error).toMatchObject({ message: "no such turn", cause: refusal });
  });

  it("a handler that throws at once, or throws no error at all, still fails the job with one", async () => {
    const rude: JobHandlers["reply.generate"] = () => {
      throw "words"; // Libraries do.
    };
    await expect(attempt(rude)).rejects.toEqual(new Error("words"));
  });

  it("is final when what failed says that no try will help", async () => {
    const wrongKey = Object.assign(new Error("no such key"), { name: "AiError", code: "auth", retryable: false });
    await expect(attempt(() => Promise.reject(wrongKey))).rejects.toMatchObject({ code: "permanent", cause: wrongKey });
  });

  it("says which try is the last", async () => {
    const runs: JobRun[] = [];
    const handlers = handlersWith({ "reply.generate": async (_, run) => void runs.push(run) });
    for (let made = 0; made < attempts; made++) await runJob(job(made), { handlers, closing: open, settleMs });
    expect(runs.map((run) => run.lastAttempt)).toEqual([false, false, false, false, true]);
  });
});

describe("a job of another version", () => {
  const ran: unknown[] = [];
  const handlers = handlersWith({ "reply.generate": async (payload) => void ran.push(payload) });
  const old = { workspaceId: randomUUID(), messageId: randomUUID() };
  const spec: JobSpec = {
    ...jobs["reply.generate"],
    version: 3,
    upgrade: ({ messageId, ...rest }, from) => {
      if (typeof messageId !== "string") throw new Error("no message");
      return { ...rest, turnId: from === 1 ? messageId : `not-${from}` };
    },
  };
  const run = (data: unknown, specOf: () => JobSpec | null = () => spec) =>
    runJob({ ...job(), data }, { handlers, closing: open, settleMs, specOf }).catch((error: unknown) => error);

  it("that is older is read as this one writes it", async () => {
    await run(old);
    expect(ran.splice(0)).toEqual([{ workspaceId: old.workspaceId, turnId: old.messageId }]);
    await run({ ...(job().data as object), $v: 3, $requestId: "r" });
    expect(ran.splice(0)).toHaveLength(1);
  });

  it("that is newer, or of a name that is not known yet, is set aside and no handler sees it", async () => {
    for (const data of [
      { ...old, $v: 4 },
      { ...old, $v: "4" },
      { ...old, $v: 0 },
    ])
      expect(await run(data)).toMatchObject({ code: "newer_version", parked: true });
    expect(await run(old, () => null)).toMatchObject({ code: "unknown_job", parked: true });
    expect(ran).toEqual([]);
  });

  it("that can't be read in any version is final, and not set aside", async () => {
    for (const data of [{}, null, 7, { ...old, messageId: 7 }])
      expect(await run(data)).toMatchObject({ code: "bad_payload", parked: false });
    expect(ran).toEqual([]);
  });
});

function stopWhenTold(run: JobRun): Promise<void> {
  return new Promise((_, reject) => run.signal.addEventListener("abort", () => reject(new Error("I was told to stop"))));
}
