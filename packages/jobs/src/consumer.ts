/**
 * Takes jobs from their queues and runs them: one BullMQ worker per queue of the catalogue.
 *
 * Knows how a job is tried, given up and given back; the handlers are handed in. A job may be run twice (a worker that
 * stalls loses its jobs to another and may still finish them), so handlers must bear that: our own leases in the database
 * decide whose work counts.
 *
 * @module
 */
import { withLogContext } from "@axon/config/log-context";
import { type JobHandlers, type QueueName, queues } from "@axon/contracts/jobs";
import { DelayedError, type IQueueBackend, type Job, type JobProgress, WaitingError, Worker } from "bullmq";
import { type BackendLink, type JobBackend, linkBackend } from "./backend.ts";
import { classOf, waitMsAfter } from "./failure.ts";
import { type GivenUpJob, givenUp, type JobLedger } from "./ledger.ts";
import type { JobLog } from "./log.ts";
import { jittered, within } from "./pause.ts";
import { contextOf } from "./request.ts";
import { catalogueSpec, JobFinal, JobGivenBack, type JobToRun, runJob, type SpecOf } from "./run-job.ts";

export interface ConsumerHooks {
  /** A try begins. `waitedMs` is how long the job was due; null when this is not its first try. */
  onStart?(queue: QueueName, name: string, waitedMs: number | null): void;
  /**
   * A try has ended: `failed` will be tried again, `dead` will not, `parked` waits for a version that understands it, `given_back`
   * was cut short by closing and did not count.
   */
  onEnd?(queue: QueueName, name: string, outcome: JobOutcome, ranForMs: number): void;
  /** A job was given up; what it wanted will not happen by itself. Not told of one that was only parked. */
  onDead?(job: JobToRun, error: Error): void;
  /** A worker let go of a job without a word; it is run again. */
  onStalled?(queue: QueueName, jobId: string): void;
}

export type JobOutcome = "done" | "failed" | "dead" | "parked" | "given_back";

/** How soon a vanished worker's jobs are run again: at most `lockMs` + 2 × `checkMs` later. Locks are renewed every half `lockMs`. */
export interface StallSettings {
  lockMs: number;
  checkMs: number;
  /** A job that outlived this many workers is given up: it may be what kills them. */
  timesMax: number;
}

export interface ConsumerOptions {
  backend: JobBackend;
  handlers: JobHandlers;
  log: JobLog;
  hooks?: ConsumerHooks;
  /** Where it is kept what became of jobs, apart from the queues. */
  ledger?: JobLedger;
  /** The catalogue when left out. */
  specOf?: SpecOf;
  stall?: StallSettings;
  /** How long a handler may take to end once its signal was aborted. */
  settleMs?: number;
}

export interface Consumer {
  /** Starts taking jobs; resolves when every queue is listened on. */
  start(): Promise<void>;
  /**
   * Stops taking, waits `graceMs` for what runs, then aborts it and gives it back to its queue. Resolves within `graceMs` +
   * `settleMs` + 2 s, whatever the handlers or the backend do: what could not be given back is taken from the dead lock later.
   */
  close(options: { graceMs: number }): Promise<void>;
}

const defaultStall: StallSettings = { lockMs: 15_000, checkMs: 5_000, timesMax: 5 };
/** What the backend gets, beyond the handlers, to take note of what became of the jobs. */
const goodbyeMs = 2_000;

/** A job that was to be written down as dead, and could not be, is tried once more after this long. */
const unwrittenMs = 5_000;

type QueueWorker = Worker<unknown, void, string, IQueueBackend, JobProgress, JobBackend>;

/** A consumer of every queue in the catalogue. Nothing is opened before `start`. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const closing = new AbortController();
  const settleMs = options.settleMs ?? 2_000;
  let link: BackendLink | null = null;
  let workers: QueueWorker[] = [];
  /** What is being written down of jobs that ended outside of a try. */
  const writing = new Set<Promise<void>>();
  let closed: Promise<void> | null = null;

  async function close(graceMs: number): Promise<void> {
    const timer = setTimeout(() => closing.abort(), graceMs);
    try {
      const ended = Promise.all(workers.map((worker) => worker.close())).then(() => Promise.all(writing));
      await within(ended, graceMs + settleMs + goodbyeMs, () => new Error("the job workers did not close in time"));
    } catch (error) {
      options.log.error({ err: error }, "job workers were cut off; their jobs will be run again");
      // Not waited for: it is the backend that does not answer.
      for (const worker of workers) worker.disconnect().catch(() => undefined);
    } finally {
      clearTimeout(timer);
      closing.abort();
      link?.close();
    }
  }

  return {
    async start() {
      if (link || closed) return;
      const opened = linkBackend(options.backend);
      link = opened;
      const names = Object.keys(queues) as QueueName[]; // safe: keys of a literal
      workers = names.map((queue) => openWorker(queue, opened, options, { closing: closing.signal, settleMs, writing }));
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    close({ graceMs }) {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

interface Closing {
  closing: AbortSignal;
  settleMs: number;
  writing: Set<Promise<void>>;
}

function openWorker(queue: QueueName, link: BackendLink, options: ConsumerOptions, { closing, settleMs, writing }: Closing): QueueWorker {
  const { handlers, log, hooks = {}, ledger, specOf = catalogueSpec, stall = defaultStall } = options;
  /** Jobs of which it is written down that they are dead. */
  const buried = new WeakSet<object>();
  const onLate = (job: JobToRun, error: unknown) =>
    withLogContext(contextOf(job), () => log.warn({ err: error }, "a handler that was given up on has ended after all"));

  async function process(job: Job<unknown, void>, token?: string): Promise<void> {
    hooks.onStart?.(queue, job.name, job.attemptsMade === 0 ? Math.max(0, Date.now() - job.timestamp - (job.opts.delay ?? 0)) : null);
    const trying = toRun(job, specOf);
    try {
      await runJob(trying, { handlers, specOf, closing, settleMs, onLate });
    } catch (error) {
      if (error instanceof JobGivenBack) return giveBack(job, token);
      if (error instanceof JobFinal || trying.attemptsMade + 1 >= trying.attemptsMax) await bury(job, token, givenUp(queue, trying, error));
      throw error;
    }
    await strike(trying);
  }

  async function giveBack(job: Job<unknown, void>, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    withLogContext(contextOf(toRun(job, specOf)), () => log.info({}, "given back to its queue, the worker is closing"));
    hooks.onEnd?.(queue, job.name, "given_back", ranForMs(job));
    throw new WaitingError(); // BullMQ's word for "it is no longer mine".
  }

  /** Written down before the queue hears of it: a job that is nowhere else must not be nowhere at all. */
  async function bury(job: Job<unknown, void>, token: string | undefined, dead: GivenUpJob): Promise<void> {
    if (!ledger) return;
    try {
      await ledger.dead(dead);
      buried.add(job);
    } catch (error) {
      withLogContext(contextOf(toRun(job, specOf)), () =>
        log.error({ err: error }, "a dead job could not be written down; it is tried once more"),
      );
      await job.moveToDelayed(Date.now() + jittered(unwrittenMs), token);
      throw new DelayedError();
    }
  }

  /** A job that is done needs nobody to remember it. Forgetting this only has it run once more. */
  async function strike({ id, name }: JobToRun): Promise<void> {
    if (!ledger || specOf(name)?.rebuild !== "outbox") return;
    await ledger.done(id).catch((error: unknown) => log.warn({ err: error, queue, jobId: id }, "a job that is done was not struck off"));
  }

  const worker: QueueWorker = new Worker(
    queue,
    process,
    {
      ...link.options,
      concurrency: queues[queue].concurrency,
      lockDuration: stall.lockMs,
      stalledInterval: stall.checkMs,
      maxStalledCount: stall.timesMax,
      runRetryDelay: 1_000,
      settings: {
        backoffStrategy: (attempt, _type, error, job) => waitMsAfter(error, attempt, (job && specOf(job.name)) ?? { backoffMs: 1_000 }),
      },
    },
    link.factory,
  );
  worker.on("error", (error) => log.warn({ err: error, queue }, "a job worker met an error; it goes on"));
  worker.on("stalled", (jobId) => {
    log.warn({ queue, jobId }, "a job was let go without a word; it is run again");
    hooks.onStalled?.(queue, jobId);
  });
  worker.on("completed", (job) =>
    withLogContext(contextOf(toRun(job, specOf)), () => {
      log.info({ attempt: job.attemptsMade, ms: ranForMs(job) }, "a job is done");
      hooks.onEnd?.(queue, job.name, "done", ranForMs(job));
    }),
  );
  worker.on("failed", (job, error) => {
    if (!job) return;
    const failed = toRun(job, specOf);
    withLogContext(contextOf(failed), () => onFailed(queue, job, failed, error, options));
    // What outlived too many workers ends without a try.
    if (job.finishedOn === undefined || buried.has(job) || !ledger) return;
    const written = ledger
      .dead({ ...givenUp(queue, failed, error), code: "stalled" })
      .catch((unwritten: unknown) => log.error({ err: unwritten, queue, jobId: failed.id }, "a dead job could not be written down"))
      .finally(() => writing.delete(written));
    writing.add(written);
  });
  return worker;
}

/** BullMQ sets `finishedOn` only on a job that it will not try again. */
function onFailed(queue: QueueName, job: Job<unknown, void>, failed: JobToRun, error: Error, { log, hooks = {} }: ConsumerOptions): void {
  const fields = { err: error, attempt: job.attemptsMade, class: classOf(error).class };
  if (job.finishedOn === undefined) {
    log.warn(fields, "a job failed and will be tried again");
    hooks.onEnd?.(queue, job.name, "failed", ranForMs(job));
    return;
  }
  if (error instanceof JobFinal && error.parked) {
    log.warn(fields, "a job is not understood by this version and was set aside");
    hooks.onEnd?.(queue, job.name, "parked", ranForMs(job));
    return;
  }
  log.error(fields, "a job failed and was given up");
  hooks.onEnd?.(queue, job.name, "dead", ranForMs(job));
  hooks.onDead?.(failed, error);
}

function toRun(job: Job<unknown, void>, specOf: SpecOf): JobToRun {
  const attemptsMax = job.opts.attempts ?? specOf(job.name)?.attempts ?? 1;
  return { id: job.id ?? "", name: job.name, data: job.data, attemptsMade: job.attemptsMade, attemptsMax };
}

function ranForMs(job: Job<unknown, void>): number {
  return Math.max(0, (job.finishedOn ?? Date.now()) - (job.processedOn ?? Date.now()));
}
