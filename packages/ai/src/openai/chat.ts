/**
 * A reply from chat completions, as parts. Retries and learns the model's dialect only while nothing has been shown;
 * from the first word on, trouble ends the reply.
 *
 * @module
 */
import type OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import { answerSchema, renderPrompt } from "../prompt.ts";
import { AiError, type ChatModel, type ChatPart, type ChatRequest, type TokenPrice } from "../provider.ts";
import { tokenCounter } from "../tokens.ts";
import { type AnswerReader, createAnswerReader } from "./answer-reader.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { type Dialect, firstDialect, learn, lessonsMax, spoken } from "./dialect.ts";
import { toAiError } from "./errors.ts";
import { type RetryPolicy, retryDelayMs, sleep } from "./retry.ts";

export interface ChatOptions {
  model: string;
  /** The whole reply, retries included. */
  timeoutMs: number;
  /** Until the vendor starts to answer. */
  firstByteMs: number;
  /** Between two chunks of a stream. */
  idleMs: number;
  retry: RetryPolicy;
  /** Sent with each call, besides the SDK's own. */
  headers: () => Record<string, string>;
  /** 0..1, spreads retries. */
  random: () => number;
  /** What a model costs; null where nobody knows. */
  priceOf: (model: string) => TokenPrice | null;
}

/** Models whose dialect is remembered; agents name few. */
const dialectsMax = 100;
/** What the chat format adds to each message. */
const tokensPerMessage = 4;
/** Room for a reasoning model's thoughts, which count as tokens of the reply. */
const thoughtTokensMax = 4096;
/** How much longer than others a model that thinks first may be silent. */
const thoughtPatience = 3;

export function createOpenAiChat(client: OpenAI, options: ChatOptions): ChatModel {
  const dialects = new Map<string, Dialect>();
  const remember = (model: string, dialect: Dialect) => {
    if (dialects.size >= dialectsMax) dialects.clear();
    dialects.set(model, dialect);
  };
  return {
    id: options.model,
    async *stream(request, { signal }) {
      const model = request.model ?? options.model;
      const deadline = startDeadline(options.timeoutMs, signal);
      let dialect = dialects.get(model) ?? firstDialect(model);
      let tried = 0;
      let lessons = 0;
      try {
        for (;;) {
          const startedMs = performance.now();
          const ended = (outcome: string): ChatPart => ({ type: "try", model, outcome, ms: Math.round(performance.now() - startedMs) });
          let shown = false;
          let thoughtOnly = false;
          const heard = { content: false };
          try {
            for await (const part of once(client, model, dialect, request, deadline, options, heard)) {
              shown ||= part.type === "text" || part.type === "action" || part.type === "refusal";
              if (part.type !== "finish") yield part;
              else if (part.reason === "length" && !heard.content && !dialect.reasons && lessons < lessonsMax) thoughtOnly = true;
              else {
                remember(model, dialect);
                yield ended("ok");
                yield part;
              }
            }
            if (!thoughtOnly) return;
            // All tokens went into thoughts that we did not know it has.
            lessons += 1;
            dialect = { ...dialect, reasons: true };
            yield ended("dialect");
          } catch (thrown) {
            if (signal?.aborted) throw signal.reason;
            const error = toAiError(thrown);
            const lesson = shown || lessons >= lessonsMax ? null : learn(dialect, error);
            yield ended(lesson ? "dialect" : error.code);
            if (lesson) {
              lessons += 1;
              dialect = lesson;
              continue;
            }
            tried += 1;
            const delayMs = shown || deadline.signal.aborted ? null : retryDelayMs(error, tried, options.retry, options.random());
            if (delayMs === null) throw error;
            await sleep(delayMs, deadline.signal).catch((reason) => {
              throw signal?.aborted ? signal.reason : toAiError(reason);
            });
          }
        }
      } finally {
        deadline.close();
      }
    },
  };
}

/** One call; `heard` is told when the model says anything at all. Its usage is given even when it fails halfway through the reply, because it is billed. */
async function* once(
  client: OpenAI,
  model: string,
  dialect: Dialect,
  request: ChatRequest,
  deadline: Deadline,
  options: ChatOptions,
  heard: { content: boolean },
): AsyncGenerator<ChatPart> {
  const params = paramsOf(model, dialect, request);
  const price = options.priceOf(model);
  const patience = dialect.reasons ? thoughtPatience : 1;
  const opened = client.chat.completions.create(params, {
    signal: deadline.signal,
    timeout: options.timeoutMs,
    headers: options.headers(),
  });
  const chunks = (await deadline.within(opened, options.firstByteMs * patience, "answer"))[Symbol.asyncIterator]();
  const reader = createAnswerReader({ loose: dialect.format === "text" });
  let raw = "";
  let usage: ChatPart | null = null;
  let finish: string | null = null;
  let refused = false;
  try {
    for (let limitMs = options.firstByteMs; !reader.broken(); limitMs = options.idleMs) {
      const next = await deadline.within(chunks.next(), limitMs * patience, "further word");
      if (next.done) break;
      if (next.value.usage) usage = usageOf(next.value.usage, price);
      // Some servers leave out the index when there is only one.
      const choice = next.value.choices?.find(({ index }) => (index ?? 0) === 0);
      if (!choice) continue;
      finish = choice.finish_reason ?? finish;
      if (choice.delta?.refusal) {
        refused = true;
        yield { type: "refusal", text: choice.delta.refusal };
      }
      if (!choice.delta?.content) continue;
      raw += choice.delta.content;
      heard.content = true;
      yield* read(reader, choice.delta.content, choice.logprobs?.content ?? []);
    }
    if (deadline.signal.aborted) throw deadline.signal.reason;
    // Some servers never say why they stopped; a closed object is an end all the same.
    if (finish === null && !reader.broken() && !reader.complete())
      throw new AiError("unavailable", "the model's stream ended before its reply did");
  } catch (error) {
    // What was said was used all the same; counting waits for the tokenizer, so a call that said nothing is not counted.
    if (usage !== null || raw !== "") yield usage ?? (await estimatedUsage(params.messages, raw, price));
    throw error;
  } finally {
    void chunks.return?.().catch(() => {}); // The connection is dropped with the deadline; nothing is left to tell.
  }
  yield usage ?? (await estimatedUsage(params.messages, raw, price));
  yield { type: "finish", reason: finishOf(finish, refused, reader) };
}

/**
 * Reads a piece of raw output. Logprobs are given for those of its tokens that stand in the answer's text: the model is
 * always sure of its JSON, and that says nothing about the answer.
 */
function* read(reader: AnswerReader, piece: string, tokens: readonly { token: string; logprob: number }[]): Generator<ChatPart> {
  // Where tokens don't spell the piece (half a character each), the piece counts as a whole.
  const apart = tokens.length > 0 && tokens.map(({ token }) => token).join("") === piece;
  const values: number[] = [];
  for (const [text, logprobs] of apart
    ? tokens.map(({ token, logprob }) => [token, [logprob]] as const)
    : [[piece, tokens.map(({ logprob }) => logprob)] as const]) {
    const before = reader.answerChars();
    const parts = reader.push(text);
    if (reader.answerChars() > before) values.push(...logprobs.filter(Number.isFinite));
    yield* parts;
  }
  if (values.length > 0) yield { type: "logprobs", values };
}

function paramsOf(model: string, dialect: Dialect, request: ChatRequest): ChatCompletionCreateParamsStreaming {
  const tokensMax = request.maxTokens + (dialect.reasons ? thoughtTokensMax : 0);
  const [limit] = dialect.limits;
  return {
    model,
    messages: spoken(renderPrompt(request), dialect),
    stream: true,
    ...(dialect.streamOptions && { stream_options: { include_usage: true } }),
    ...(dialect.logprobs && { logprobs: true }),
    ...(dialect.temperature && { temperature: request.temperature }),
    ...(dialect.effort && { reasoning_effort: "low" as const }),
    ...(limit !== undefined && { [limit]: tokensMax }),
    ...(dialect.format === "json_schema" && { response_format: { type: "json_schema" as const, json_schema: answerSchema } }),
    ...(dialect.format === "json_object" && { response_format: { type: "json_object" as const } }),
  };
}

function finishOf(finish: string | null, refused: boolean, reader: AnswerReader): "stop" | "length" | "filtered" | "unparsable" {
  if (finish === "content_filter") return "filtered";
  if (refused) return "stop";
  if (reader.complete()) return "stop";
  return finish === "length" && !reader.broken() ? "length" : "unparsable";
}

function usageOf(usage: CompletionUsage, price: TokenPrice | null): ChatPart {
  return { type: "usage", prompt: usage.prompt_tokens ?? 0, completion: usage.completion_tokens ?? 0, estimated: false, price };
}

async function estimatedUsage(messages: readonly { content?: unknown }[], raw: string, price: TokenPrice | null): Promise<ChatPart> {
  const count = await tokenCounter();
  const prompt = messages.reduce((sum, { content }) => sum + count(String(content)) + tokensPerMessage, 0);
  return { type: "usage", prompt, completion: count(raw), estimated: true, price };
}
