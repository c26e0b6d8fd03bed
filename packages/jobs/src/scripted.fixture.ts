/**
 * What the tests of this package share: handlers to order, jobs, a log that keeps what it is told.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { type JobHandlers, type JobName, jobs, type QueuedJob } from "@axon/contracts/jobs";
import type { JobLog } from "./log.ts";

/** Handlers that do nothing but what is given. */
export function handlersWith(some: Partial<JobHandlers>): JobHandlers {
  const nothing = async () => {};
  const names = Object.keys(jobs) as JobName[]; // safe: keys of a literal
  const all = Object.fromEntries(names.map((name) => [name, nothing])) as unknown as JobHandlers; // safe: one for each name
  return { ...all, ...some };
}

export function replyJob(key: string = randomUUID(), delayMs = 0) {
  return { key, name: "reply.generate", payload: { workspaceId: randomUUID(), turnId: randomUUID() }, delayMs } satisfies QueuedJob;
}

/** A job that no version of ours would write. */
export function strangeJob(name: string, payload: Record<string, unknown>): QueuedJob {
  return { key: randomUUID(), name: name as JobName, payload, delayMs: 0 }; // safe: the test is about a name that is none
}

export function createMemoryLog(): JobLog & { lines: string[] } {
  const lines: string[] = [];
  const keep = (_fields: object, message: string) => {
    lines.push(message);
  };
  return { lines, info: keep, warn: keep, error: keep };
}
