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
import { AiError, type ChatModel, type ChatPart, type ChatRequest } from "../provider.ts";
import { tokenCounter } from "../tokens.ts";
import { type AnswerReader, createAnswerReader } from "./answer-reader.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { type Dialect, firstDialect, learn, lessonsMax } from "./dialect.ts";
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
}

/** Models whose dialect is remembered; agents name few. */
const dialectsMax = 100;
/** What the chat format adds to each message. */
const tokensPerMessage = 4;

export function createOpenAiChat(client: OpenAI, options: ChatOptions): ChatModel {
  const dialects = new Map<string, Dialect>();
  return {
    id: options.model,
    async *stream(request, { signal }) {
      const model = request.model ?? options.model;
      const deadline = startDeadline(options.timeoutMs, signal);
      let tried = 0;
      let lessons = 0;
      try {
        for (;;) {
          let shown = false;
          const dialect = dialects.get(model) ?? firstDialect;
          try {
            for await (const part of once(client, model, dialect, request, deadline, options)) {
              shown ||= part.type === "text" || part.type === "action" || part.type === "refusal";
              yield part;
            }
            return;
          } catch (thrown) {
            if (signal?.aborted) throw signal.reason;
            const error = toAiError(thrown);
            const lesson = shown || lessons >= lessonsMax ? null : learn(dialect, error);
            if (lesson) {
              lessons += 1;
              if (dialects.size >= dialectsMax) dialects.clear();
              dialects.set(model, lesson);
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

/** One call. Its usage is given even when it fails halfway through the reply, because it is billed. */
async function* once(
  client: OpenAI,
  model: string,
  dialect: Dialect,
  request: ChatRequest,
  deadline: Deadline,
  options: ChatOptions,
): AsyncGenerator<ChatPart> {
  const params = paramsOf(model, dialect, request);
  const opened = client.chat.completions.create(params, {
    signal: deadline.signal,
    timeout: options.timeoutMs,
    headers: options.headers(),
  });
  const chunks = (await deadline.within(opened, options.firstByteMs, "answer"))[Symbol.asyncIterator]();
  const reader = createAnswerReader();
  let raw = "";
  let usage: ChatPart | null = null;
  let finish: string | null = null;
  let refused = false;
  try {
    for (let limitMs = options.firstByteMs; !reader.broken(); limitMs = options.idleMs) {
      const next = await deadline.within(chunks.next(), limitMs, "further word");
      if (next.done) break;
      if (next.value.usage) usage = usageOf(next.value.usage);
      const choice = next.value.choices?.find(({ index }) => index === 0);
      if (!choice) continue;
      finish = choice.finish_reason ?? finish;
      const logprobs = choice.logprobs?.content?.map(({ logprob }) => logprob) ?? [];
      if (logprobs.length > 0) yield { type: "logprobs", values: logprobs };
      if (choice.delta?.refusal) {
        refused = true;
        yield { type: "refusal", text: choice.delta.refusal };
      }
      if (!choice.delta?.content) continue;
      raw += choice.delta.content;
      yield* reader.push(choice.delta.content);
    }
    if (deadline.signal.aborted) throw deadline.signal.reason;
    if (finish === null && !reader.broken()) throw new AiError("unavailable", "the model's stream ended before its reply did");
  } catch (error) {
    // What was said was used all the same; counting waits for the tokenizer, so a call that said nothing is not counted.
    if (usage !== null || raw !== "") yield usage ?? (await estimatedUsage(params.messages, raw));
    throw error;
  } finally {
    void chunks.return?.().catch(() => {}); // The connection is dropped with the deadline; nothing is left to tell.
  }
  yield usage ?? (await estimatedUsage(params.messages, raw));
  yield { type: "finish", reason: finishOf(finish, refused, reader) };
}

function paramsOf(model: string, dialect: Dialect, request: ChatRequest): ChatCompletionCreateParamsStreaming {
  return {
    model,
    messages: renderPrompt(request),
    stream: true,
    ...(dialect.streamOptions && { stream_options: { include_usage: true } }),
    ...(dialect.logprobs && { logprobs: true }),
    ...(dialect.temperature && { temperature: request.temperature }),
    ...(dialect.limit === "max_tokens" ? { max_tokens: request.maxTokens } : { max_completion_tokens: request.maxTokens }),
    response_format: dialect.format === "json_schema" ? { type: "json_schema", json_schema: answerSchema } : { type: "json_object" },
  };
}

function finishOf(finish: string | null, refused: boolean, reader: AnswerReader): "stop" | "length" | "filtered" | "unparsable" {
  if (finish === "content_filter") return "filtered";
  if (refused) return "stop";
  if (reader.complete()) return "stop";
  return finish === "length" && !reader.broken() ? "length" : "unparsable";
}

function usageOf(usage: CompletionUsage): ChatPart {
  return { type: "usage", prompt: usage.prompt_tokens ?? 0, completion: usage.completion_tokens ?? 0, estimated: false };
}

async function estimatedUsage(messages: readonly { content?: unknown }[], raw: string): Promise<ChatPart> {
  const count = await tokenCounter();
  const prompt = messages.reduce((sum, { content }) => sum + count(String(content)) + tokensPerMessage, 0);
  return { type: "usage", prompt, completion: count(raw), estimated: true };
}
