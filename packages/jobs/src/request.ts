/**
 * How the request that caused a job travels with it: beside the payload, under a name that no payload has. A version that
 * does not know of it reads the payload all the same.
 *
 * @module
 */
import type { LogContext } from "@axon/config/log-context";
import type { QueuedJob } from "@axon/contracts/jobs";

const requestField = "$requestId";
const requestIdCharsMax = 64;

/** What goes on the queue for a job. */
export function withRequest({ payload, requestId }: QueuedJob): Record<string, unknown> {
  return requestId === undefined ? payload : { ...payload, [requestField]: requestId };
}

/** The other way: what a queue gave, apart again. Of anything but an object there is no payload. */
export function withoutRequest(data: unknown): { payload: Record<string, unknown>; requestId: string | null } {
  if (typeof data !== "object" || data === null) return { payload: {}, requestId: null };
  const { [requestField]: asked, ...payload }: Record<string, unknown> = { ...data };
  return { payload, requestId: typeof asked === "string" && asked.length <= requestIdCharsMax ? asked : null };
}

/** What the log lines of a job bear. Takes whatever a queue gave; what is not of the right kind is left out. */
export function contextOf(job: { id: string; name: string; data: unknown }): LogContext {
  return { job: job.name, jobId: job.id, ...field(job.data, requestField, "requestId"), ...field(job.data, "workspaceId", "workspaceId") };
}

function field<Name extends "requestId" | "workspaceId">(data: unknown, from: string, to: Name): { [Key in Name]?: string } {
  const value: unknown = typeof data === "object" && data !== null ? Reflect.get(data, from) : undefined;
  // safe: one key, named by the type
  return typeof value === "string" && value.length <= requestIdCharsMax ? ({ [to]: value } as { [Key in Name]: string }) : {};
}
