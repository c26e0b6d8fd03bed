/**
 * OpenAI, or any server that speaks its chat completions and embeddings, behind our ports. The SDK carries the bytes;
 * time limits and retries are ours.
 *
 * @module
 */
import OpenAI from "openai";
import { openaiConfidence } from "../confidence/models.ts";
import type { AiProvider } from "../provider.ts";
import { createOpenAiChat } from "./chat.ts";
import { createOpenAiEmbedder } from "./embed.ts";
import { type RetryPolicy, retryPolicy } from "./retry.ts";

export interface OpenAiOptions {
  apiKey: string;
  /** A compatible server's URL, path included (`http://127.0.0.1:11434/v1`). */
  baseUrl?: string;
  model: string;
  embeddingModel: string;
  /** One whole reply, retries included. */
  timeoutMs?: number;
  /** Until the first byte of a reply. */
  firstByteMs?: number;
  /** Between two chunks of a reply. */
  idleMs?: number;
  retry?: RetryPolicy;
  /** What to call the requests made now in the vendor's own logs (`X-Client-Request-Id`): ASCII; null for no name. */
  requestId?: () => string | null;
  /** 0..1, spreads retries; for tests. */
  random?: () => number;
}

/** Makes the provider. No call is made until it is used, so a wrong key shows with the first use (`AiError("auth")`). */
export function createOpenAiProvider(options: OpenAiOptions): AiProvider {
  const {
    timeoutMs = 60_000,
    firstByteMs = 20_000,
    idleMs = 15_000,
    retry = retryPolicy,
    requestId = () => null,
    random = Math.random,
  } = options;
  const client = new OpenAI({
    apiKey: options.apiKey,
    ...(options.baseUrl !== undefined && { baseURL: options.baseUrl }),
    // The rest is read from the environment when left out; what the server was not told it must not send.
    organization: null,
    project: null,
    timeout: timeoutMs,
    maxRetries: 0,
    logLevel: "off",
  });
  const headers = () => {
    const name = requestId();
    return name === null ? {} : { "X-Client-Request-Id": name };
  };
  return {
    name: "openai",
    embedder: createOpenAiEmbedder(client, { model: options.embeddingModel, timeoutMs, retry, headers, random }),
    chat: createOpenAiChat(client, { model: options.model, timeoutMs, firstByteMs, idleMs, retry, headers, random }),
    confidence: openaiConfidence,
  };
}
