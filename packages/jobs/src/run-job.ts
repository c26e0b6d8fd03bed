/**
 * One try of one job: the worker's door. Bad payloads, refusals and what says itself that it is final are final; a job that
 * this version does not understand is set aside; everything else may be tried again.
 *
 * Knows how long a handler may take and what its failures mean, and has its log lines say which request caused it; knows
 * no queue and no handler.
 *
 * @module
 */
import { withLogContext } from "@axon/config/log-context";
import { isJobName, type JobHandlers, type JobRun, type JobSpec, jobGivenBack, jobs, versionOf } from "@axon/contracts/jobs";
import { UnrecoverableError } from "bullmq";
import { classOf } from "./failure.ts";
import { contextOf } from "./request.ts";

/** A job as its queue gives it: nothing in it has been checked. */
export interface JobToRun {
  id: string;
  name: string;
  data: unknown;
  /** Tries that came to an end before this one; one that a dead worker left is not counted. */
  attemptsMade: number;
  attemptsMax: number;
}

/** The job took longer than its catalogue entry allows. It is tried again if it has tries left. */
export class JobTimedOut extends Error {
  override readonly name = "JobTimedOut";
  readonly code = "job_timed_out";
}

/** The worker is closing and the job was not done in time. It goes back to its queue, and this was not a try. */
export class JobGivenBack extends Error {
  override readonly name = "JobGivenBack";
  readonly code = jobGivenBack;
}

/** Why a job is final before any handler saw it, or because of what the handler said. `parked`: another version may understand it. */
export type FinalCode = "unknown_job" | "newer_version" | "bad_payload" | "refused" | "permanent";

/** Trying again is of no use, to this version at least. Its `cause`, where there is one, says why. */
export class JobFinal extends UnrecoverableError {
  readonly code: FinalCode;

  constructor(code: FinalCode, message: string, cause?: Error) {
    super(message);
    this.code = code;
    if (cause) this.cause = cause;
  }

  get parked(): boolean {
    return this.code === "unknown_job" || this.code === "newer_version";
  }
}

export interface RunOptions {
  handlers: JobHandlers;
  /** The catalogue's entry of a name; null: there is none. The catalogue itself when left out. */
  specOf?: SpecOf;
  /** Aborted when the worker cannot wait any longer. */
  closing: AbortSignal;
  /** How long a handler may take to end after its signal was aborted, before its job is failed without it. */
  settleMs: number;
  /** Told when a handler that was given up on ends after all. */
  onLate?(job: JobToRun, error: unknown): void;
}

export type SpecOf = (name: string) => JobSpec | null;

/** What the catalogue says of a job; null of one that it does not know. */
export const catalogueSpec: SpecOf = (name) => (isJobName(name) ? jobs[name] : null);

/**
 * Runs the handler of `job` once. Resolves when the job is done; throws `JobFinal` when trying again is of no use, `JobGivenBack`,
 * `JobTimedOut`, or what the handler threw.
 */
export async function runJob(job: JobToRun, options: RunOptions): Promise<void> {
  const spec = (options.specOf ?? catalogueSpec)(job.name);
  if (!spec || !isJobName(job.name)) throw new JobFinal("unknown_job", `unknown job ${job.name}`);
  const payload = spec.payload.safeParse(inThisVersion(job, spec));
  if (!payload.success) throw new JobFinal("bad_payload", `bad payload for ${job.name}`, payload.error);
  if (options.closing.aborted) throw new JobGivenBack("the worker is closing");

  const attempt = job.attemptsMade + 1;
  const watch = watchOver(job.name, spec.timeoutMs, options);
  const run: JobRun = { jobId: job.id, attempt, lastAttempt: attempt >= job.attemptsMax, signal: watch.signal };
  const handle = options.handlers[job.name] as (payload: unknown, run: JobRun) => Promise<void>; // safe: parsed by this name's own schema
  let givenUp = false;
  const handled = withLogContext(contextOf(job), async () => handle(payload.data, run));
  handled.then(
    () => givenUp && options.onLate?.(job, null),
    (error) => givenUp && options.onLate?.(job, error),
  );
  try {
    await Promise.race([handled, watch.expired]);
  } catch (error) {
    givenUp = true;
    throw verdict(error, watch.signal);
  } finally {
    watch.release();
  }
}

/** The payload as this version writes it. Throws `JobFinal` for one of a later version. */
function inThisVersion({ name, data }: JobToRun, { version: known = 1, upgrade }: JobSpec): unknown {
  const version = versionOf(data);
  if (version > known)
    throw new JobFinal("newer_version", `version ${version} of ${name} is newer than ${known}, the latest that is known here`);
  if (version === known || typeof data !== "object" || data === null) return data;
  if (!upgrade) throw new Error(`the catalogue has no way from version ${version} of ${name} to ${known}`);
  try {
    return upgrade({ ...data }, version);
  } catch (error) {
    throw new JobFinal("bad_payload", `bad payload for ${name}`, error instanceof Error ? error : new Error(String(error)));
  }
}

/** Why a job failed, in the words that its queue understands. */
function verdict(error: unknown, signal: AbortSignal): unknown {
  const failed = error instanceof Error ? error : new Error(String(error));
  const { class: kind } = classOf(failed);
  if (kind === "refused") return new JobFinal("refused", failed.message, failed);
  // Whatever a handler throws once it was told to stop, the telling is why it failed.
  if (signal.aborted) return signal.reason;
  return kind === "permanent" ? new JobFinal("permanent", failed.message, failed) : failed;
}

/** The clock and the closing of the worker as one signal, and a promise that rejects `settleMs` after it was aborted. */
function watchOver(name: string, timeoutMs: number, { closing, settleMs }: RunOptions) {
  const controller = new AbortController();
  let settle: NodeJS.Timeout | undefined;
  let expire: (reason: unknown) => void = () => {};
  const expired = new Promise<never>((_, reject) => {
    expire = reject;
  });
  const interrupt = (reason: Error) => {
    if (controller.signal.aborted) return;
    controller.abort(reason);
    settle = setTimeout(() => expire(reason), settleMs);
  };
  const timer = setTimeout(() => interrupt(new JobTimedOut(`${name} took longer than ${timeoutMs} ms`)), timeoutMs);
  const onClosing = () => interrupt(new JobGivenBack("the worker is closing"));
  closing.addEventListener("abort", onClosing, { once: true });
  return {
    signal: controller.signal,
    expired,
    release() {
      clearTimeout(timer);
      clearTimeout(settle);
      closing.removeEventListener("abort", onClosing);
    },
  };
}
