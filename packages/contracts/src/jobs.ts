/**
 * Every job that crosses from one process to another: its name, payload, queue and patience.
 *
 * Handlers live in apps/worker; this file never imports one. A payload carries ids, not rows: the handler reads
 * current truth from the database, so an old job cannot carry old data. New payload fields must be optional, for
 * jobs already in flight.
 *
 * @module
 */
import { z } from "zod";

/** Queues by urgency, so that a customer's reply never waits behind somebody's thousand PDFs. */
export const queues = {
  replies: { concurrency: 8 },
  knowledge: { concurrency: 2 },
  crawl: { concurrency: 4 },
  mail: { concurrency: 4 },
  system: { concurrency: 1 },
  upkeep: { concurrency: 1 },
  background: { concurrency: 2 },
} as const satisfies Record<string, { concurrency: number }>;
export type QueueName = keyof typeof queues;

export interface JobSpec {
  queue: QueueName;
  payload: z.ZodObject;
  /** How often it is tried in all before it is given up. */
  attempts: number;
  /** First wait between two tries; doubled each time, with jitter. */
  backoffMs: number;
  /** The handler's signal is aborted after this long. */
  timeoutMs: number;
}

export const jobs = {
  "reply.generate": {
    queue: "replies",
    payload: z.object({ workspaceId: z.uuid(), turnId: z.uuid() }),
    attempts: 5,
    backoffMs: 500,
    timeoutMs: 120_000,
  },
  "knowledge.ingest": {
    queue: "knowledge",
    payload: z.object({ workspaceId: z.uuid(), documentId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 600_000,
  },
  "knowledge.purge": {
    queue: "system",
    payload: z.object({ workspaceId: z.uuid(), storageKeys: z.array(z.string().max(500)).max(1000) }),
    attempts: 8,
    backoffMs: 2_000,
    timeoutMs: 60_000,
  },
  "knowledge.sync": {
    queue: "crawl",
    payload: z.object({ workspaceId: z.uuid(), sourceId: z.uuid() }),
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 180_000,
  },
  "knowledge.index": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 10_000,
    timeoutMs: 300_000,
  },
  "knowledge.reembed": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 5_000,
    timeoutMs: 300_000,
  },
  "account.mail": {
    queue: "mail",
    payload: z.object({ mailId: z.uuid() }),
    attempts: 6,
    backoffMs: 1_000,
    timeoutMs: 20_000,
  },
  "workspace.purge": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 8,
    backoffMs: 5_000,
    timeoutMs: 600_000,
  },
  "workspace.retain": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 5_000,
    timeoutMs: 600_000,
  },
  "invitation.mail": {
    queue: "system",
    payload: z.object({ workspaceId: z.uuid(), invitationId: z.uuid() }),
    attempts: 8,
    backoffMs: 2_000,
    timeoutMs: 30_000,
  },
  "agents.evaluate": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid(), evaluationId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 300_000,
  },
  "knowledge.embed-answers": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 120_000,
  },
  "analytics.group-gap": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid(), questionId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 60_000,
  },
  "analytics.close-gaps": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid(), documentId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 120_000,
  },
} as const satisfies Record<string, JobSpec>;

export type JobName = keyof typeof jobs;
export type JobPayload<Name extends JobName> = z.infer<(typeof jobs)[Name]["payload"]>;

/** What a handler is told besides its payload: which try this is (from 1), and when to stop. */
export interface JobRun {
  jobId: string;
  attempt: number;
  lastAttempt: boolean;
  signal: AbortSignal;
}

/** The worker must supply exactly one handler per job; a missing one is a type error. */
export type JobHandlers = { [Name in JobName]: (payload: JobPayload<Name>, run: JobRun) => Promise<void> };

/** A job on its way to a queue. `key` is derived from its cause: a second enqueue of the same cause is the same job. */
export interface QueuedJob {
  key: string;
  name: JobName;
  payload: Record<string, unknown>;
  /** Not before this many milliseconds from now. */
  delayMs: number;
  /** The request that caused it, for the log lines of the job; none for what nobody asked for. */
  requestId?: string;
}

/** The `code` of the reason with which `signal` is aborted when a worker closes before the job is done. */
export const jobGivenBack = "job_given_back";

/** True when a job was stopped only because its worker closes: it goes back to its queue as if it had not been begun. */
export function wasGivenBack({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Error && "code" in reason && reason.code === jobGivenBack;
}

/** True for a name that the catalogue knows. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(jobs, name);
}
