/**
 * Tells somebody who watches (Sentry, or whoever speaks its protocol) of what broke on our side.
 *
 * The SDK is used as a courier only: nothing is patched, hooked or traced, and it is not even loaded without an address.
 * What is sent is what the log would have, errors without what they quote, redacted. Nobody waits for it: reports go out
 * by themselves, and those that cannot are dropped.
 *
 * @module
 */
import { hostname } from "node:os";
import { logContext } from "@axon/config/log-context";
import { describeError, type LoggedError } from "@axon/config/log-error";
import { redactLine } from "@axon/config/redact";

export interface Reporter {
  /** Sends a report, soon. `facts` are short words of our own about it: a procedure, a job. Never throws, never waits. */
  report(error: unknown, facts?: Record<string, string>): void;
  /** Waits for the reports under way, `timeoutMs` at most. */
  close(timeoutMs: number): Promise<void>;
}

export interface ReporterOptions {
  /** Where to; null: nowhere. */
  dsn: string | null;
  /** Which process speaks: `server`, `worker`, … */
  name: string;
  release: string;
  environment: string;
}

/** A database that is away breaks every call; the first hundred a minute tell enough. */
const reportsPerMinuteMax = 100;
const minuteMs = 60_000;
/** Reports that wait to be sent; later ones are dropped. */
const pendingMax = 30;

/** A reporter; without an address one that does nothing. */
export async function createReporter({ dsn, name, release, environment }: ReporterOptions): Promise<Reporter> {
  if (dsn === null) return { report: () => {}, close: async () => {} };
  const { NodeClient, Scope, defaultStackParser, makeNodeTransport } = await import("@sentry/node");
  const client = new NodeClient({
    dsn,
    release,
    environment,
    serverName: hostname(),
    integrations: [],
    transport: makeNodeTransport,
    transportOptions: { bufferSize: pendingMax },
    stackParser: defaultStackParser,
    sendClientReports: false,
    enableRuntimeChannelInjection: false,
    // The last gate, for whatever a later version may add to an event on its own.
    // safe: redaction keeps the shape, it only replaces texts
    beforeSend: (event) => JSON.parse(redactLine(JSON.stringify(event))) as typeof event,
  });
  const allowed = perMinute(reportsPerMinuteMax);

  return {
    report(error, facts = {}) {
      if (!allowed()) return;
      const { requestId, workspaceId, jobId, job } = logContext();
      const values = chainOf(describeError(error)).map(({ type, message, stack }) => ({
        type,
        value: message,
        stacktrace: { frames: defaultStackParser(stack) },
      }));
      const tags = { process: name, ...known({ requestId, workspaceId, jobId, job }), ...facts };
      client.captureEvent({ level: "error", exception: { values }, tags }, undefined, new Scope());
    },
    close: async (timeoutMs) => {
      await client.close(timeoutMs);
    },
  };
}

/** The deepest cause first, as the protocol wants it. */
function chainOf(error: LoggedError): LoggedError[] {
  return error.cause === undefined ? [error] : [...chainOf(error.cause), error];
}

function known(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined));
}

/** True `max` times in any minute that begins with the first of them. */
function perMinute(max: number): () => boolean {
  let began = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    const now = Date.now();
    if (now - began >= minuteMs) {
      began = now;
      count = 0;
    }
    count += 1;
    return count <= max;
  };
}
