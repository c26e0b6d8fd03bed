/**
 * What the SDK throws, sorted into our own words. Codes decide, then types, then the HTTP status: an empty account and
 * a busy one both answer 429, and only one of them is worth asking again.
 *
 * @module
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from "openai";
import { AiError } from "../provider.ts";

/** Error text that we keep, in characters: enough to find the cause, too little to carry a whole prompt. */
const messageCharsMax = 300;

/** The `AiError` for anything that a call to the vendor threw; what is not the vendor's is `unavailable`. */
export function toAiError(error: unknown): AiError {
  if (error instanceof AiError) return error;
  if (error instanceof APIUserAbortError) return new AiError("aborted", "the call was stopped", { cause: error });
  if (error instanceof APIConnectionTimeoutError) return new AiError("timeout", "the model did not answer in time", { cause: error });
  if (error instanceof APIConnectionError) return new AiError("unavailable", "the model could not be reached", { cause: error });
  if (!(error instanceof APIError))
    return new AiError("unavailable", short(error instanceof Error ? error.message : String(error)), { cause: error });
  const code = codeOf(error);
  return new AiError(code, short(error.message), { cause: error, retryAfterMs: retryAfterMs(error.headers, Date.now()) });
}

function codeOf(error: APIError): AiError["code"] {
  const said = `${error.code ?? ""} ${error.type ?? ""}`;
  if (/insufficient_quota|billing/.test(said)) return "quota";
  if (/content_filter|content_policy/.test(said)) return "refused";
  if (error.status === 401 || error.status === 403) return "auth";
  if (error.status === 429 || /rate_limit/.test(said)) return "rate_limited";
  if (error.status === 408 || error.status === 504) return "timeout";
  if (error.status === 409 || error.status === undefined || error.status >= 500) return "unavailable";
  return "bad_request";
}

/** How long the vendor asks us to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. null: it does not say. */
export function retryAfterMs(headers: Headers | undefined, nowMs: number): number | null {
  const exact = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (exact >= 0) return exact;
  const value = headers?.get("retry-after") ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value);
  return Number.isNaN(until) ? null : Math.max(0, until - nowMs);
}

function short(message: string): string {
  return message.length > messageCharsMax ? `${message.slice(0, messageCharsMax)}…` : message;
}
