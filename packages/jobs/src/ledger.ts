/**
 * What became of jobs, for whoever keeps that apart from the queues: those that were given up or set aside, and those that are done.
 *
 * Makes the note; where it is kept is the affair of whoever hands the ledger in.
 *
 * @module
 */
import { messageOf } from "@axon/config/log-error";
import { redactLine } from "@axon/config/redact";
import type { DeadLetterCode } from "@axon/contracts/dead-letters";
import { type QueueName, versionField, versionOf } from "@axon/contracts/jobs";
import { classOf } from "./failure.ts";
import { withoutRequest } from "./request.ts";
import { JobFinal, type JobToRun } from "./run-job.ts";

/** A job that this version will not try again. */
export interface GivenUpJob {
  jobId: string;
  queue: QueueName;
  name: string;
  /** With its version, whatever that is, and without what travelled beside it. */
  payload: Record<string, unknown>;
  /** True: nothing is wrong with it, another version may understand it. */
  parked: boolean;
  code: DeadLetterCode;
  /** What went wrong, without what it quoted. */
  error: string;
  attempts: number;
  requestId: string | null;
}

export interface JobLedger {
  /** A job was given up or set aside. Told twice of the same job id it is one note. Must throw when it could not be kept. */
  dead(job: GivenUpJob): Promise<void>;
  /** A job of which the outbox keeps a row has come to its end. */
  done(jobId: string): Promise<void>;
}

const errorCharsMax = 500;

/** The note of a job whose last try ended with `error`. */
export function givenUp(queue: QueueName, job: JobToRun, error: unknown): GivenUpJob {
  const { payload, requestId } = withoutRequest(job.data);
  const version = versionOf(payload);
  return {
    jobId: job.id,
    queue,
    name: job.name,
    payload: { ...payload, ...(Number.isFinite(version) && { [versionField]: version }) },
    parked: error instanceof JobFinal && error.parked,
    code: codeOf(error),
    error: redactLine(error instanceof Error ? messageOf(error) : String(error)).slice(0, errorCharsMax),
    // A job that was final before its handler saw it was not tried.
    attempts:
      error instanceof JobFinal && error.parked
        ? job.attemptsMade
        : Math.max(job.attemptsMade, Math.min(job.attemptsMade + 1, job.attemptsMax)),
    requestId,
  };
}

function codeOf(error: unknown): DeadLetterCode {
  if (error instanceof JobFinal) return error.code;
  const { class: kind } = classOf(error);
  return kind === "timed_out" || kind === "rate_limited" ? kind : "exhausted";
}
