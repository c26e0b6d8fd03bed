/**
 * What every log line of a request or a job bears, without being handed from function to function.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

export interface LogContext {
  /** Of the request that began it all, also in the jobs that it caused. */
  requestId?: string;
  workspaceId?: string;
  jobId?: string;
  job?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `fn` with these fields on every line that is logged within; fields of an outer context stay unless named again. */
export function withLogContext<Result>(fields: LogContext, fn: () => Result): Result {
  return storage.run({ ...storage.getStore(), ...fields }, fn);
}

/**
 * Runs `fn` within this very context, so that what is noted in it later shows in every part of a request that came back
 * to it: a body that is read in between would otherwise end the context.
 */
export function resumeLogContext<Result>(context: LogContext, fn: () => Result): Result {
  return storage.run(context, fn);
}

/** Adds what has become known on the way to the context in force; nothing happens outside of one. */
export function noteInLogContext(fields: LogContext): void {
  const context = storage.getStore();
  if (context) Object.assign(context, fields);
}

/** The fields in force here; empty outside of any request or job. */
export function logContext(): Readonly<LogContext> {
  return storage.getStore() ?? {};
}
