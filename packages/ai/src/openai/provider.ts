/**
 * OpenAI, or any server that speaks its chat completions and embeddings, behind our ports. The SDK carries the bytes;
 * time limits and retries are ours.
 *
 * @module
 */
import { openaiConfidence } from "../confidence/models.ts";
import { localEmbedderOf } from "../local/provider.ts";
import type { AiProvider, TokenPrice } from "../provider.ts";
import { createOpenAiChat } from "./chat.ts";
import { createClient } from "./client.ts";
import { createOpenAiEmbedder, readEmbedderId } from "./embed.ts";
import { createPrices } from "./prices.ts";
import { type RetryPolicy, retryPolicy } from "./retry.ts";

export interface OpenAiOptions {
  apiKey: string;
  /** Another server's URL, path included (`http://127.0.0.1:11434/v1`); Azure's too, in either of its forms. */
  baseUrl?: string;
  model: string;
  embeddingModel: string;
  /** Numbers a vector to ask the embedding model for, at most 1536; when left out, as many as it gives. */
  embeddingDimensions?: number;
  /** One whole reply, retries included. */
  timeoutMs?: number;
  /** Until the first byte of a reply. */
  firstByteMs?: number;
  /** Between two chunks of a reply. */
  idleMs?: number;
  retry?: RetryPolicy;
  /** What models cost, by name; OpenAI's own list prices are known. */
  prices?: Readonly<Record<string, TokenPrice>>;
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
  const { client, deployment } = createClient({ apiKey: options.apiKey, baseUrl: options.baseUrl ?? null, timeoutMs });
  const model = deployment ?? options.model;
  const dimensions = options.embeddingDimensions ?? null;
  const priceOf = createPrices(options.prices ?? {}, { theirs: options.baseUrl === undefined });
  const headers = () => {
    const name = requestId();
    return name === null ? {} : { "X-Client-Request-Id": name };
  };
  const makeEmbedder = (embeddingModel: string, length: number | null) =>
    createOpenAiEmbedder(client, { model: embeddingModel, dimensions: length, timeoutMs, retry, headers, random });
  const embedder = makeEmbedder(options.embeddingModel, dimensions);
  return {
    name: "openai",
    embedder,
    embedderOf: (id) => {
      if (id === embedder.id) return embedder;
      const earlier = readEmbedderId(id);
      // The server that has the new model most likely has the one before it too.
      return earlier ? makeEmbedder(earlier.model, earlier.dimensions) : localEmbedderOf(id);
    },
    chat: createOpenAiChat(client, { model, timeoutMs, firstByteMs, idleMs, retry, headers, random, priceOf }),
    confidence: openaiConfidence,
  };
}
