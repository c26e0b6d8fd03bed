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
  /** The longest first wait between two tries; doubled each time, and a random part of it is waited. */
  backoffMs: number;
  /** The handler's signal is aborted after this long. */
  timeoutMs: number;
  /** What brings it back when the queues were lost. */
  rebuild: JobRebuild;
  /** What its payload means; 1 when left out. Raised when an older worker would misread it: such a worker sets the job aside. */
  version?: number;
  /** Makes a payload of an older version (from 1) into one of this. Needed from version 2 on, and pure. */
  upgrade?: (payload: Record<string, unknown>, from: number) => Record<string, unknown>;
}

/**
 * How a job is found again when Redis was wiped: by the sweep of that name, which looks for its work in the tables; or by its
 * row in the outbox, which stays there until the job is done.
 */
export const jobRebuilds = ["outbox", "turns", "documents", "sources", "evaluations", "mail", "retention", "embedders"] as const;
export type JobRebuild = (typeof jobRebuilds)[number];

export const jobs = {
  "reply.generate": {
    queue: "replies",
    payload: z.object({ workspaceId: z.uuid(), turnId: z.uuid() }),
    attempts: 5,
    backoffMs: 500,
    timeoutMs: 120_000,
    rebuild: "turns",
  },
  "knowledge.ingest": {
    queue: "knowledge",
    payload: z.object({ workspaceId: z.uuid(), documentId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 600_000,
    rebuild: "documents",
  },
  "knowledge.purge": {
    queue: "system",
    payload: z.object({ workspaceId: z.uuid(), storageKeys: z.array(z.string().max(500)).max(1000) }),
    attempts: 8,
    backoffMs: 2_000,
    timeoutMs: 60_000,
    rebuild: "outbox",
  },
  "knowledge.sync": {
    queue: "crawl",
    payload: z.object({ workspaceId: z.uuid(), sourceId: z.uuid() }),
    attempts: 3,
    backoffMs: 5_000,
    timeoutMs: 180_000,
    rebuild: "sources",
  },
  "knowledge.index": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 10_000,
    timeoutMs: 300_000,
    rebuild: "outbox",
  },
  "knowledge.reembed": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 5_000,
    timeoutMs: 300_000,
    rebuild: "embedders",
  },
  "account.mail": {
    queue: "mail",
    payload: z.object({ mailId: z.uuid() }),
    attempts: 6,
    backoffMs: 1_000,
    timeoutMs: 20_000,
    rebuild: "mail",
  },
  "workspace.purge": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 8,
    backoffMs: 5_000,
    timeoutMs: 600_000,
    rebuild: "outbox",
  },
  "workspace.retain": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 5_000,
    timeoutMs: 600_000,
    rebuild: "retention",
  },
  "contact.erase": {
    queue: "upkeep",
    payload: z.object({ workspaceId: z.uuid(), erasureId: z.uuid() }),
    attempts: 8,
    backoffMs: 5_000,
    timeoutMs: 600_000,
    rebuild: "outbox",
  },
  "invitation.mail": {
    queue: "system",
    payload: z.object({ workspaceId: z.uuid(), invitationId: z.uuid() }),
    attempts: 8,
    backoffMs: 2_000,
    timeoutMs: 30_000,
    rebuild: "outbox",
  },
  "agents.evaluate": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid(), evaluationId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 300_000,
    rebuild: "evaluations",
  },
  "knowledge.embed-answers": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 120_000,
    rebuild: "outbox",
  },
  "analytics.group-gap": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid(), questionId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 60_000,
    rebuild: "outbox",
  },
  "analytics.close-gaps": {
    queue: "background",
    payload: z.object({ workspaceId: z.uuid(), documentId: z.uuid() }),
    attempts: 5,
    backoffMs: 1_000,
    timeoutMs: 120_000,
    rebuild: "outbox",
  },
} as const satisfies Record<string, JobSpec>;

export type JobName = keyof typeof jobs;
export type JobPayload<Name extends JobName> = z.infer<(typeof jobs)[Name]["payload"]>;

/** The field beside a payload's own that says which version it is of; absent for the first. */
export const versionField = "$v";

/** A payload as it travels: with its version, where that is not the first. One that bears a version keeps it. */
export function versioned(name: JobName, payload: Record<string, unknown>): Record<string, unknown> {
  // A name that is none of ours comes from a newer version, with whatever that one wrote.
  const { version = 1 }: Partial<JobSpec> = isJobName(name) ? jobs[name] : {};
  return version === 1 || versionField in payload ? payload : { ...payload, [versionField]: version };
}

/** The version that a payload says it is of; 1 when it says none. What is no version at all is newer than any. */
export function versionOf(payload: unknown): number {
  const version: unknown = typeof payload === "object" && payload !== null ? Reflect.get(payload, versionField) : undefined;
  if (version === undefined) return 1;
  return typeof version === "number" && Number.isSafeInteger(version) && version >= 1 ? version : Number.POSITIVE_INFINITY;
}

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
  /** How much work of the same workspace stands in its queue before it: see `laneOf`. */
  ahead?: number;
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
