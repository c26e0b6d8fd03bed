/**
 * An error as a log may have it: what went wrong and where, and nothing of what it was given.
 *
 * Errors quote their input. Drizzle prints a statement's parameters, PostgreSQL the value that did not fit, a model's
 * vendor the prompt it refused, JSON.parse the text that was none: customers' words, all of them. So fields are taken from
 * a list, never left out of one, and the messages of errors that are known to quote are cut. Knows no library: it goes by
 * what such errors look like.
 *
 * @module
 */

export interface LoggedError {
  type: string;
  message: string;
  stack: string;
  cause?: LoggedError;
  [field: string]: unknown;
}

/** Fields that say what happened without quoting anybody; only texts of this length, numbers and booleans are taken. */
const fields = [
  "code",
  "reason",
  "status",
  "statusCode",
  "severity",
  "schema",
  "table",
  "column",
  "constraint",
  "routine",
  "errno",
  "syscall",
  "address",
  "port",
  "retryable",
  "requestID",
];
const fieldCharsMax = 200;
const messageCharsMax = 2_000;
const causesMax = 5;
/** Drizzle's message carries the whole statement; its parameters follow on a line of their own. */
const queryCharsMax = 1_000;

/** Takes anything that was thrown. Never throws itself. */
export function describeError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: typeof thrown === "string" ? cut(thrown) : "", stack: "" };
  const type = thrown.name === "Error" ? (thrown.constructor?.name ?? "Error") : thrown.name;
  const message = messageOf(thrown);
  const described: LoggedError = { type, message, stack: stackOf(thrown, type, message) };
  for (const name of fields) {
    const value: unknown = Reflect.get(thrown, name);
    if (typeof value === "number" || typeof value === "boolean") described[name] = value;
    else if (typeof value === "string") described[name] = value.slice(0, fieldCharsMax);
  }
  if (thrown.cause !== undefined && depth < causesMax) described.cause = describeError(thrown.cause, depth + 1);
  return described;
}

/** The message without what it quotes. */
export function messageOf(error: Error): string {
  const { message } = error;
  if (isFailedQuery(error)) return cut(message.split("\nparams:")[0] ?? "", queryCharsMax);
  if (isPostgres(error)) return error.code.startsWith("22") ? cut(message.replace(/".*"/s, '"…"')) : cut(message);
  if (isVendor(error)) return "the vendor answered with an error";
  if (error.name === "AiError") return `the model's call failed: ${"code" in error ? String(error.code) : "unknown"}`;
  if (error instanceof SyntaxError) return cut(message.split(/["'`]/)[0]?.trim() ?? "");
  return cut(message);
}

function isFailedQuery(error: Error): boolean {
  return "query" in error && "params" in error;
}

/** Class 22 is about values, and its messages hold them; the other classes name tables, columns and constraints. */
function isPostgres(error: Error): error is Error & { code: string } {
  return "severity" in error && "code" in error && typeof error.code === "string" && /^[0-9A-Z]{5}$/.test(error.code);
}

/** An answer of a vendor's API, as their SDKs throw it: a status, the headers and the body. */
function isVendor(error: Error): boolean {
  return "status" in error && "headers" in error && "error" in error;
}

/** The frames alone below our own first line: the original's first lines are the message, as it came. */
function stackOf(error: Error, type: string, message: string): string {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [`${type}: ${message}`, ...frames].join("\n");
}

function cut(text: string, charsMax = messageCharsMax): string {
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
}
