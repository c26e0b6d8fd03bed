/**
 * Puts jobs on their queues. Knows the catalogue and nothing of why a job is wanted.
 *
 * @module
 */
import type { QueuedJob, QueueName } from "@axon/contracts/jobs";
import { type IQueueBackend, type JobsOptions, Queue } from "bullmq";
import { type BackendLink, type JobBackend, linkBackend } from "./backend.ts";
import { jobIdOf } from "./job-id.ts";
import { laneOf } from "./lanes.ts";
import { within } from "./pause.ts";
import { withRequest } from "./request.ts";
import { catalogueSpec } from "./run-job.ts";

export interface Producer {
  /**
   * Gives every job to its queue, or throws and may have given some: adding all of them again is right, because a key
   * that is still known is not taken twice. A key is known while its job waits or runs, and then as long as the finished
   * job is kept (`keepCompleted`, `keepFailed`). So whoever wants work done *again* must use a new key, as the sweepers do.
   */
  add(jobs: readonly QueuedJob[]): Promise<void>;
  close(): Promise<void>;
}

/** Enough finished jobs to recognise what a crashed relay hands over a second time, and to look at. Ages in seconds. */
const keepCompleted = { age: 3600, count: 500 };
/** Jobs that were given up stay for a fortnight, for somebody to look at. */
const keepFailed = { age: 14 * 24 * 3600, count: 2000 };
/** How long to wait between two tries is decided by whoever tries: see `failure.ts`. */
export const backoffType = "axon";
/** BullMQ's event stream serves nobody here; this keeps it small. */
const streams = { events: { maxLen: 1000 } };
const closeTimeoutMs = 5_000;

type JobQueue = Queue<object, void, string, object, void, string, IQueueBackend, JobBackend>;

/** A producer over `backend`. `addTimeoutMs` bounds one `add` when the backend is away, so that no caller waits forever. */
export function createProducer(backend: JobBackend, { addTimeoutMs = 5_000 } = {}): Producer {
  const link = linkBackend(backend);
  const open = new Map<QueueName, JobQueue>();
  function queueFor(name: QueueName): JobQueue {
    const queue = open.get(name) ?? openQueue(name, link);
    open.set(name, queue);
    return queue;
  }
  return {
    async add(wanted) {
      const added = [...byQueue(wanted)].map(([name, batch]) => addTo(queueFor(name), batch));
      await within(Promise.all(added), addTimeoutMs, () => new Error(`the job queues did not answer within ${addTimeoutMs} ms`));
    },
    async close() {
      const closed = Promise.all([...open.values()].map((queue) => queue.close()));
      // What has not closed by then waits for a backend that is away, and is cut off with the link.
      await within(closed, closeTimeoutMs, () => new Error("not closed in time")).catch(() => undefined);
      link.close();
    },
  };
}

function openQueue(name: QueueName, link: BackendLink): JobQueue {
  const queue: JobQueue = new Queue(name, { ...link.options, streams }, link.factory);
  // Every failure also rejects the `add` that met it; unheard, the event would end the process.
  queue.on("error", () => undefined);
  return queue;
}

async function addTo(queue: JobQueue, batch: readonly QueuedJob[]): Promise<void> {
  const [first, ...others] = batch.map((job) => ({ name: job.name, data: withRequest(job), opts: optionsOf(job) }));
  if (!first) return;
  // One at a time is the common case, and cheaper for PostgreSQL than the bulk way with its temporary tables.
  if (others.length === 0) await queue.add(first.name, first.data, first.opts);
  else await queue.addBulk([first, ...others]);
}

/** Names come out of a table: one that another version wrote may be none of ours. Such a job is set aside by its consumer at once. */
function byQueue(wanted: readonly QueuedJob[]): Map<QueueName, QueuedJob[]> {
  const batches = new Map<QueueName, QueuedJob[]>();
  for (const job of wanted) {
    const name = catalogueSpec(job.name)?.queue ?? "system";
    const batch = batches.get(name) ?? [];
    batch.push(job);
    batches.set(name, batch);
  }
  return batches;
}

function optionsOf(job: QueuedJob): JobsOptions {
  const spec = catalogueSpec(job.name);
  return {
    jobId: jobIdOf(job.key),
    attempts: spec?.attempts ?? 1,
    backoff: { type: backoffType },
    // 0 is none, and goes before all others.
    priority: laneOf(job.ahead ?? 0),
    delay: Math.max(0, job.delayMs),
    removeOnComplete: keepCompleted,
    removeOnFail: keepFailed,
    stackTraceLimit: 3,
  };
}
