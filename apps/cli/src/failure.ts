/**
 * What a person at a terminal needs to hear when something went wrong, and the exit code a script can branch on.
 *
 * @module
 */
import { type AxonError, axonErrorOf, isAxonTrouble } from "@axon/client/errors";

/** 1: done, but not well (a file failed, a refusal). 2: asked wrongly. 3: no server. 4: not signed in. */
export const exitCodes = { failed: 1, usage: 2, unreachable: 3, signedOut: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A mistake in how the command was called; its message is all there is to say. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Explanation {
  message: string;
  /** What to do about it. */
  hint: string | null;
  exitCode: ExitCode;
}

/** Puts any thrown value into a sentence. `url` is the server that was meant. */
export function explain(cause: unknown, url: string): Explanation {
  if (cause instanceof UsageError) return { message: cause.message, hint: null, exitCode: exitCodes.usage };
  if (!isAxonTrouble(cause))
    return { message: cause instanceof Error ? cause.message : String(cause), hint: null, exitCode: exitCodes.failed };
  const error = axonErrorOf(cause);
  switch (error.reason) {
    case "unreachable":
      return {
        message: `Axon does not answer at ${url}.`,
        hint: "Start it with `npm start` in the project folder, or name another server with --url or AXON_URL.",
        exitCode: exitCodes.unreachable,
      };
    case "timeout":
      return {
        message: `Axon at ${url} took too long to answer.`,
        hint: "Look at its log; the model behind it may be slow or stuck.",
        exitCode: exitCodes.unreachable,
      };
    case "invalid_credentials":
      return { message: "This e-mail address and password do not go together.", hint: null, exitCode: exitCodes.signedOut };
    case "unauthorized":
    case "token_expired":
    case "refresh_invalid":
    case "refresh_reused":
      return {
        message: `You are not signed in at ${url}.`,
        hint: "Run `axon login`, or pass an API key with --token or AXON_TOKEN.",
        exitCode: exitCodes.signedOut,
      };
    case "workspace_required":
      return {
        message: "It is not clear which workspace is meant.",
        hint: "Name it with --workspace or AXON_WORKSPACE.",
        exitCode: exitCodes.usage,
      };
    default:
      return { message: withDetails(error), hint: error.requestId ? `Request id: ${error.requestId}` : null, exitCode: exitCodes.failed };
  }
}

function withDetails(error: AxonError): string {
  const fields = Object.entries(error.fields).map(([path, problem]) => `${path}: ${problem}`);
  return fields.length > 0 ? `${error.message} (${fields.join("; ")})` : error.message;
}
