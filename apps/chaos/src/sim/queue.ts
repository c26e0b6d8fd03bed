/**
 * The job queue as the world may treat it: known keys, retries with a wait, workers that stall; and at the scheduler's word jobs
 * that come twice, out of order, or are lost with all the queue knew.
 *
 * @module
 */
import { type JobName, jobs, type QueuedJob } from "@axon/contracts/jobs";

export interface SimJob {
  /** What the trace calls it. */
  readonly label: string;
  readonly key: string;
  readonly name: JobName;
  readonly payload: Record<string, unknown>;
  state: "waiting" | "active" | "done" | "dead";
  dueMs: number;
  /** Tries that came to an end. */
  attempts: number;
  /** The process that works on it. */
  holder: string | null;
}

export class SimQueue {
  readonly #jobs = new Map<string, SimJob>();
  readonly #label: (job: QueuedJob) => string;

  /** `label` names a job in the trace. */
  constructor(label: (job: QueuedJob) => string) {
    this.#label = label;
  }

  /** Takes jobs in; a key that is known is not taken twice. */
  add(added: readonly QueuedJob[], nowMs: number): void {
    for (const job of added) {
      if (this.#jobs.has(job.key)) continue;
      this.#jobs.set(job.key, {
        label: this.#label(job),
        key: job.key,
        name: job.name,
        payload: job.payload,
        state: "waiting",
        dueMs: nowMs + job.delayMs,
        attempts: 0,
        holder: null,
      });
    }
  }

  all(): SimJob[] {
    return [...this.#jobs.values()];
  }

  /** Jobs that a worker may take now, in any order. */
  takeable(nowMs: number): SimJob[] {
    return this.all().filter(({ state, dueMs }) => state === "waiting" && dueMs <= nowMs);
  }

  /** True while some job waits or is worked on. */
  busy(): boolean {
    return this.all().some(({ state }) => state === "waiting" || state === "active");
  }

  take(job: SimJob, holder: string): { lastAttempt: boolean } {
    job.state = "active";
    job.holder = holder;
    return { lastAttempt: job.attempts + 1 >= jobs[job.name].attempts };
  }

  /** The worker says how it went. What it says of a job that was given to another, or is not known any more, counts for nothing. */
  end(job: SimJob, holder: string, failed: boolean, nowMs: number): void {
    if (job.state !== "active" || job.holder !== holder || this.#jobs.get(job.key) !== job) return;
    job.holder = null;
    if (!failed) {
      job.state = "done";
      return;
    }
    job.attempts += 1;
    const { attempts, backoffMs } = jobs[job.name];
    job.state = job.attempts >= attempts ? "dead" : "waiting";
    job.dueMs = nowMs + backoffMs * 2 ** (job.attempts - 1);
  }

  /** A job whose worker was not heard of goes back, and this was not a try. */
  giveBack(job: SimJob): void {
    if (job.state !== "active") return;
    job.state = "waiting";
    job.holder = null;
  }

  /** All is lost, also which keys were known. */
  wipe(): void {
    this.#jobs.clear();
  }
}
