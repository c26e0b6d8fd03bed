/**
 * The logger: JSON lines for machines, short lines for a person at a terminal, secrets and personal data taken out.
 *
 * Redaction works on the finished line, not on chosen paths: a token is as secret three levels down inside an error as
 * it is at the top. It knows names (password, token, …) and shapes (bearer tokens, e-mail addresses, passwords in URLs).
 * Errors are stripped of what they quote before that (log-error.ts), and every line bears the request or job it belongs to.
 *
 * @module
 */
import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";
import { logContext } from "./log-context.ts";
import { describeError } from "./log-error.ts";
import { prettyLine } from "./pretty.ts";
import { redactLine } from "./redact.ts";

export type { Logger } from "pino";

export interface CreateLoggerOptions {
  level: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
  /** Which process speaks: `server`, `worker`, … */
  name: string;
  /** True: one short readable line each instead of JSON. */
  pretty?: boolean;
  /** Where lines go; standard output when left out. */
  destination?: DestinationStream;
}

/** Makes a pino logger. Every line passes the redaction, whatever was logged and at whatever depth. */
export function createLogger({ level, name, pretty = false, destination = process.stdout }: CreateLoggerOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: { name, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    mixin: () => ({ ...logContext() }),
    serializers: { err: describeError, error: describeError },
    formatters: { level: (label) => ({ level: label }) },
    hooks: { streamWrite: (line) => (pretty ? prettyLine(redactLine(line)) : redactLine(line)) },
  };
  return pino(options, destination);
}
