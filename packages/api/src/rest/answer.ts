/**
 * A call over REST and its answer: the same procedures, the same refusals in the same words, as status, headers and JSON.
 *
 * @module
 */
import { Refusal } from "@axon/core/errors";
import { callTRPCProcedure, getTRPCErrorFromUnknown, type TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { ApiCtx } from "../context.ts";
import { appRouter } from "../router.ts";
import { explain, withCode } from "../told.ts";
import type { RestOperation } from "./input-shape.ts";
import { type RestParts, toInput } from "./to-input.ts";

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  /** To be sent as JSON. */
  body: unknown;
  /** What went wrong inside, for the log and nobody else; null when nothing did. */
  failure: Error | null;
}

/** When a refusal that asks to come back doesn't say when: after this many seconds. */
const retryAfterSeconds = 1;

/** Calls the procedure behind a route. Never rejects. */
export async function callRest(operation: RestOperation, ctx: ApiCtx, parts: RestParts, signal: AbortSignal): Promise<RestAnswer> {
  try {
    const input = toInput(operation.input, parts);
    const body: unknown = await callTRPCProcedure({
      router: appRouter,
      path: operation.path,
      getRawInput: async () => input,
      ctx,
      type: operation.kind,
      signal,
      batchIndex: 0,
    });
    return { status: operation.route.status ?? 200, headers: {}, body, failure: null };
  } catch (error) {
    return answerOfError(error, ctx.requestId);
  }
}

/** The answer to whatever was thrown: `{ error: { code, message, reason, fields, details, requestId } }`. */
export function answerOfError(thrown: unknown, requestId: string): RestAnswer {
  const error = (thrown instanceof Refusal ? withCode(thrown) : null) ?? getTRPCErrorFromUnknown(thrown);
  const { message, reason, fields, details } = explain(error);
  return {
    status: getHTTPStatusCodeFromError(error),
    headers: headersOf(error, details),
    body: { error: { code: error.code, message, reason, fields, details, requestId } },
    failure: error.code === "INTERNAL_SERVER_ERROR" ? (error.cause ?? error) : null,
  };
}

function headersOf({ code }: TRPCError, details: Record<string, unknown> | null): Record<string, string> {
  if (code === "UNAUTHORIZED") return { "www-authenticate": "Bearer" };
  if (code !== "TOO_MANY_REQUESTS" && code !== "SERVICE_UNAVAILABLE") return {};
  const afterMs = details?.["retryAfterMs"];
  return { "retry-after": String(typeof afterMs === "number" ? Math.max(1, Math.ceil(afterMs / 1000)) : retryAfterSeconds) };
}
