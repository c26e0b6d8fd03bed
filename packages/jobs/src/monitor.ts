/**
 * How full the queues are, read from their backend when somebody asks. Looks and changes nothing.
 *
 * @module
 */
import { type QueueName, queues } from "@axon/contracts/jobs";
import { type IQueueBackend, Queue } from "bullmq";
import { type JobBackend, linkBackend } from "./backend.ts";
import { within } from "./pause.ts";

export interface QueueState {
  queue: QueueName;
  /** Jobs by what has become of them: ready to run, due later, under way, given up. */
  counts: { waiting: number; delayed: number; active: number; failed: number };
  /** How long the job at the head of the queue has been due, in milliseconds; 0 when none waits. */
  oldestWaitingMs: number;
}

export interface QueueMonitor {
  /** One entry for each queue of the catalogue. Throws when the backend does not answer in time. */
  read(): Promise<QueueState[]>;
  close(): Promise<void>;
}

const closeTimeoutMs = 2_000;
/** Jobs that workers may take between the counting and the looking. */
const takenMeanwhileMax = 9;

type Watched = Queue<unknown, void, string, unknown, void, string, IQueueBackend, JobBackend>;

/** A monitor over `backend`. Opens nothing before the first reading. */
export function createQueueMonitor(backend: JobBackend, { readTimeoutMs = 2_000 } = {}): QueueMonitor {
  let opened: { queues: [QueueName, Watched][]; close(): void } | null = null;
  let closed = false;

  function open() {
    const link = linkBackend(backend);
    const names = Object.keys(queues) as QueueName[]; // safe: keys of a literal
    const watched = names.map((name): [QueueName, Watched] => {
      const queue: Watched = new Queue(name, { ...link.options, skipMetasUpdate: true }, link.factory);
      queue.on("error", () => undefined); // Every failure also rejects the reading that met it.
      return [name, queue];
    });
    return { queues: watched, close: link.close };
  }

  return {
    async read() {
      if (closed) throw new Error("the queue monitor is closed");
      opened ??= open();
      const states = Promise.all(opened.queues.map(([name, queue]) => readQueue(name, queue)));
      return within(states, readTimeoutMs, () => new Error(`the job queues did not answer within ${readTimeoutMs} ms`));
    },
    async close() {
      closed = true;
      if (!opened) return;
      const ended = Promise.all(opened.queues.map(([, queue]) => queue.close()));
      await within(ended, closeTimeoutMs, () => new Error("not closed in time")).catch(() => undefined);
      opened.close();
    },
  };
}

async function readQueue(queue: QueueName, watched: Watched): Promise<QueueState> {
  const counts = await watched.getJobCounts("waiting", "prioritized", "delayed", "active", "failed");
  const { waiting = 0, prioritized = 0, delayed = 0, active = 0, failed = 0 } = counts;
  // Both backends list the newest first, and PostgreSQL's cannot be asked for the other end; so the oldest stands where the
  // count ends, or a little before, when some were taken meanwhile.
  const last = waiting - 1;
  const eldest = waiting === 0 ? [] : await watched.getJobs(["waiting"], Math.max(0, last - takenMeanwhileMax), last, false);
  // Those in a lane of their own have no order by age that could be asked for: the first of them stands for them.
  const behind = prioritized === 0 ? [] : await watched.getJobs(["prioritized"], 0, 0, true);
  const ages = [...eldest, ...behind].map(({ timestamp, opts }) => Date.now() - timestamp - (opts.delay ?? 0));
  return { queue, counts: { waiting: waiting + prioritized, delayed, active, failed }, oldestWaitingMs: Math.max(0, ...ages) };
}
