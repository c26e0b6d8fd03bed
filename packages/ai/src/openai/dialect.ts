/**
 * Which of the chat parameters a model takes. Reasoning models refuse `max_tokens` and `temperature`, compatible servers
 * may not know schemas: each refusal (HTTP 400) teaches one thing, once, and is remembered for that model.
 *
 * @module
 */
import { APIError } from "openai";
import type { AiError } from "../provider.ts";

export interface Dialect {
  format: "json_schema" | "json_object";
  limit: "max_tokens" | "max_completion_tokens";
  temperature: boolean;
  logprobs: boolean;
  streamOptions: boolean;
}

export const firstDialect: Dialect = { format: "json_schema", limit: "max_tokens", temperature: true, logprobs: true, streamOptions: true };
/** One lesson for each field is all there is to learn. */
export const lessonsMax = Object.keys(firstDialect).length;

/** What to speak after `error` to the call made in `dialect`; null when the refusal is about something else. */
export function learn(dialect: Dialect, error: AiError): Dialect | null {
  if (error.code !== "bad_request" || !(error.cause instanceof APIError) || ![400, 422].includes(error.cause.status ?? 0)) return null;
  const { param, code, message } = error.cause;
  const about = `${param ?? ""} ${message}`;
  if (dialect.logprobs && /logprobs/i.test(about)) return { ...dialect, logprobs: false };
  if (dialect.streamOptions && /stream_options|include_usage/i.test(about)) return { ...dialect, streamOptions: false };
  if (dialect.limit === "max_tokens" && /max_(completion_)?tokens/i.test(about) && !/context/i.test(`${code} ${message}`)) {
    return { ...dialect, limit: "max_completion_tokens" };
  }
  if (dialect.temperature && /temperature/i.test(about)) return { ...dialect, temperature: false };
  // A server that does not know schemas seldom says so in words we could list; a full context is the other common 400.
  if (dialect.format === "json_schema" && !/context|too long|content|image|model_not_found|does not exist/i.test(`${code} ${message}`)) {
    return { ...dialect, format: "json_object" };
  }
  return null;
}
