/**
 * What went wrong, in one shape, whether the server refused, the network failed, or the caller gave up.
 *
 * It refuses to know about any one procedure: it only reads the words that every Axon error carries.
 *
 * @module
 */
import type { RefusalReason } from "@axon/contracts/refusals";
import { isTRPCClientError } from "@trpc/client";

/** A server's refusal, or one of the four things that can go wrong on the way. */
export type AxonErrorReason = RefusalReason | "unreachable" | "timeout" | "aborted" | "internal";

/** The one error of this package. Callers branch on `reason`; `message` is for people. */
export class AxonError extends Error {
  override readonly name = "AxonError";
  /** A stable word; a server newer than this client may send one that is not in the list. */
  readonly reason: AxonErrorReason | (string & {});
  /** tRPC's code (`NOT_FOUND`, `UNAUTHORIZED` …), null when no server answered. */
  readonly code: string | null;
  /** For `validation`: path of each bad field → what is wrong with it. */
  readonly fields: Readonly<Record<string, string>>;
  readonly requestId: string | null;

  constructor(details: {
    reason: AxonErrorReason | (string & {});
    message: string;
    code?: string | null;
    fields?: Readonly<Record<string, string>>;
    requestId?: string | null;
    cause?: unknown;
  }) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = details.reason;
    this.code = details.code ?? null;
    this.fields = details.fields ?? {};
    this.requestId = details.requestId ?? null;
  }
}

/** Reads any thrown value as an AxonError; one that already is comes back as it is. */
export function axonErrorOf(error: unknown): AxonError {
  if (error instanceof AxonError) return error;
  const inner = isRecord(error) ? error.cause : undefined;
  if (inner instanceof AxonError) return inner;
  const said = isTRPCClientError(error) && isRecord(error.data) ? error.data : null;
  if (said) return answered(said, messageOf(error), error);
  return unanswered(error);
}

/** True for what the calls of this package throw; false for the caller's own troubles, such as a file it can't read. */
export function isAxonTrouble(error: unknown): boolean {
  return error instanceof AxonError || isTRPCClientError(error);
}

/** True for the reasons that mean "this credential does not count any more", which a fresh one may mend. */
export function wantsFreshCredential(error: AxonError): boolean {
  return error.code === "UNAUTHORIZED" && (error.reason === "token_expired" || error.reason === "unauthorized");
}

/** True when the same request may succeed later without anybody changing anything. */
export function mayPass(error: AxonError): boolean {
  return (
    error.reason === "unreachable" ||
    error.reason === "timeout" ||
    error.reason === "internal" ||
    error.reason === "busy" ||
    error.reason === "rate_limited"
  );
}

function answered(data: Record<string, unknown>, message: string, cause: unknown): AxonError {
  const code = text(data.code);
  const reason = text(data.reason) ?? reasonOfCode(code);
  return new AxonError({ reason, message, code, fields: fieldsOf(data.fields), requestId: text(data.requestId), cause });
}

/** For a server that names no reason (a proxy in between, an unmasked crash): the nearest word to its code. */
function reasonOfCode(code: string | null): AxonErrorReason {
  switch (code) {
    case "UNAUTHORIZED":
      return "unauthorized";
    case "FORBIDDEN":
      return "forbidden";
    case "NOT_FOUND":
      return "not_found";
    case "BAD_REQUEST":
      return "validation";
    case "CONFLICT":
      return "conflict";
    case "PAYLOAD_TOO_LARGE":
      return "too_large";
    case "TOO_MANY_REQUESTS":
      return "rate_limited";
    default:
      return "internal";
  }
}

function unanswered(error: unknown): AxonError {
  for (let cause: unknown = error, depth = 0; isRecord(cause) && depth < 5; cause = cause.cause, depth += 1) {
    if (cause.name === "TimeoutError")
      return new AxonError({ reason: "timeout", message: "the server took too long to answer", cause: error });
    if (cause.name === "AbortError") return new AxonError({ reason: "aborted", message: "the call was given up", cause: error });
  }
  // A body that is no JSON comes from something in front of the server (a proxy's error page), not from Axon.
  return new AxonError({ reason: "unreachable", message: `no answer from the server (${messageOf(error)})`, cause: error });
}

function fieldsOf(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([path, problem]) => [path, String(problem)]));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
