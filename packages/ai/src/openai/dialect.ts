/**
 * Which of the chat parameters a model takes. Reasoning models refuse `max_tokens` and `temperature`, compatible servers
 * may not know schemas, streams with usage or system messages: each refusal (HTTP 400) teaches one thing, and what worked
 * in the end is remembered for that model.
 *
 * @module
 */
import { APIError } from "openai";
import type { PromptMessage } from "../prompt.ts";
import type { AiError } from "../provider.ts";

export interface Dialect {
  format: "json_schema" | "json_object" | "text";
  /** How the limit on tokens may be called, best first; empty: not at all. */
  limits: readonly ("max_tokens" | "max_completion_tokens")[];
  temperature: boolean;
  logprobs: boolean;
  streamOptions: boolean;
  /** It thinks before it writes, and its thoughts count as tokens. */
  reasons: boolean;
  /** It can be asked to think little. */
  effort: boolean;
  /** `turns`: no system message, and the two sides in turns. */
  roles: "system" | "turns";
}

const plain: Dialect = {
  format: "json_schema",
  limits: ["max_tokens", "max_completion_tokens"],
  temperature: true,
  logprobs: true,
  streamOptions: true,
  reasons: false,
  effort: false,
  roles: "system",
};
const reasoning: Dialect = {
  ...plain,
  limits: ["max_completion_tokens", "max_tokens"],
  temperature: false,
  logprobs: false,
  reasons: true,
  effort: true,
};
/** OpenAI's own, whatever a router puts before the name. */
const reasoningName = /(?:^|\/)(?:o[1-9]|gpt-5)(?!.*chat)/i;

/** More than there is to learn about any model. */
export const lessonsMax = 10;

/** What to speak to a model that we know by name only. A wrong guess costs one refused call. */
export function firstDialect(model: string): Dialect {
  return reasoningName.test(model) ? reasoning : plain;
}

/** What to speak after `error` to the call made in `dialect`; null when the refusal is about something else. */
export function learn(dialect: Dialect, error: AiError): Dialect | null {
  if (error.code !== "bad_request" || !(error.cause instanceof APIError) || ![400, 422].includes(error.cause.status ?? 0)) return null;
  const { param, code, message } = error.cause;
  const about = `${param ?? ""} ${message}`;
  const full = /context|too long/i.test(`${code} ${message}`);
  if (dialect.logprobs && /logprobs/i.test(about)) return { ...dialect, logprobs: false };
  if (dialect.streamOptions && /stream_options|include_usage/i.test(about)) return { ...dialect, streamOptions: false };
  if (dialect.effort && /reasoning/i.test(about)) return { ...dialect, effort: false };
  if (dialect.limits.length > 0 && /max_(completion_)?tokens/i.test(about) && !full) {
    const [refused, ...limits] = dialect.limits;
    return { ...dialect, limits, reasons: dialect.reasons || refused === "max_tokens" };
  }
  if (dialect.temperature && /temperature/i.test(about)) return { ...dialect, temperature: false };
  if (
    dialect.roles === "system" &&
    /system.{0,20}(role|message|prompt)|role.{0,40}system|roles? must alternate|developer instruction/i.test(about)
  ) {
    return { ...dialect, roles: "turns" };
  }
  return full ? null : plainerFormat(dialect, `${code} ${message}`);
}

/** A server that does not know schemas seldom says so in words we could list; a refused question is the other common 400. */
function plainerFormat(dialect: Dialect, said: string): Dialect | null {
  if (dialect.format === "json_schema" && !/content|image|model_not_found|does not exist|not found/i.test(said)) {
    return { ...dialect, format: "json_object" };
  }
  if (dialect.format === "json_object" && /response_format|json|schema|grammar|format/i.test(said)) return { ...dialect, format: "text" };
  return null;
}

/** The prompt as the model takes it. In turns, the rules stand before the first thing the customer said. */
export function spoken(messages: readonly PromptMessage[], { roles }: Dialect): PromptMessage[] {
  if (roles === "system") return [...messages];
  const turns: PromptMessage[] = [];
  for (const { role, content } of messages) {
    const side = role === "assistant" ? "assistant" : "user";
    const last = turns.at(-1);
    if (last?.role === side) last.content += `\n\n${content}`;
    else turns.push({ role: side, content });
  }
  return turns;
}
