/**
 * Puts jobs on their queues. Knows the catalogue and nothing of why a job is wanted.
 *
 * @module
 */
import { isJobName, type JobSpec, jobs, type QueuedJob, type QueueName } from "@axon/contracts/jobs";
import { type IQueueBackend, type JobsOptions, Queue } from "bullmq";
import { type BackendLink, type JobBackend, linkBackend } from "./backend.ts";
import { within } from "./pause.ts";

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
/** Share of a retry's wait that is random. */
const backoffJitter = 0.5;
/** BullMQ's event stream serves nobody here; this keeps it small. */
const streams = { events: { maxLen: 1000 } };
const closeTimeoutMs = 5_000;

export type JobQueue = Queue<object, void, string, object, void, string, IQueueBackend, JobBackend>;

/** A producer over `backend`. `addTimeoutMs` bounds one `add` when the backend is away, so that no caller waits forever. */
export function createProducer(backend: JobBackend, { addTimeoutMs = 10_000 } = {}): Producer {
  const link = linkBackend(backend);
  const open = new Map<QueueName, JobQueue>();
  const queue = (name: QueueName) => {
    const known = open.get(name) ?? openQueue(name, link);
    open.set(name, known);
    return known;
  };
  return {
    async add(wanted) {
      const batches = Map.groupBy === undefined ? grouped(wanted) : Map.groupBy(wanted, queueOf);
      const added = [...batches].map(([name, batch]) => addTo(queue(name), batch));
      await within(Promise.all(added), addTimeoutMs, () => new Error(`the job queues did not answer within ${addTimeoutMs} ms`));
    },
    async close() {
      const closed = Promise.all([...open.values()].map((one) => one.close()));
      await within(closed, closeTimeoutMs, () => new Error("late")).catch(() => undefined); // What is not closed by now is cut off.
      link.close();
    },
  };
}
