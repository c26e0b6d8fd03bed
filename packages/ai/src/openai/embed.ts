/**
 * Vectors from the embeddings endpoint: in batches that fit its limits, a few at a time, as base64 (24 times cheaper to
 * read than numbers). A server that sends numbers all the same is understood.
 *
 * @module
 */
import type OpenAI from "openai";
import { AiError, type Embedder, vectorDimensions } from "../provider.ts";
import { startDeadline } from "./deadline.ts";
import { toAiError } from "./errors.ts";
import { type RetryPolicy, retryDelayMs, sleep } from "./retry.ts";

export interface EmbedderOptions {
  model: string;
  /** One batch, retries included. */
  timeoutMs: number;
  retry: RetryPolicy;
  /** Sent with each call, besides the SDK's own. */
  headers: () => Record<string, string>;
  random: () => number;
}

const textsPerRequestMax = 96;
/** Well under the endpoint's 300,000 tokens a request, whatever the script. */
const charsPerRequestMax = 150_000;
/** Longer texts are cut: the model reads 8,191 tokens. */
const charsPerTextMax = 8000;
const requestsAtOnceMax = 4;

export function createOpenAiEmbedder(client: OpenAI, options: EmbedderOptions): Embedder {
  return {
    id: `openai:${options.model}:${vectorDimensions}`,
    dimensions: vectorDimensions,
    batchMax: textsPerRequestMax,
    async embed(texts, { signal }) {
      // The endpoint refuses empty strings; a full stop carries as little.
      const batches = batchesOf(texts.map((text) => text.slice(0, charsPerTextMax).trim() || "."));
      const vectors: Float32Array[][] = new Array(batches.length);
      let next = 0;
      const worker = async () => {
        for (let index = next++; index < batches.length; index = next++) {
          vectors[index] = await embedBatch(client, options, batches[index] ?? [], signal);
        }
      };
      await Promise.all(Array.from({ length: Math.min(requestsAtOnceMax, batches.length) }, worker));
      return vectors.flat();
    },
  };
}

/** Cuts the list where a request would be too large, keeping its order. */
export function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = [];
  let chars = 0;
  for (const text of texts) {
    const batch = batches.at(-1);
    if (batch && batch.length < textsPerRequestMax && chars + text.length <= charsPerRequestMax) {
      batch.push(text);
      chars += text.length;
    } else {
      batches.push([text]);
      chars = text.length;
    }
  }
  return batches;
}

async function embedBatch(
  client: OpenAI,
  options: EmbedderOptions,
  input: string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const deadline = startDeadline(options.timeoutMs, signal);
  try {
    for (let tried = 1; ; tried += 1) {
      try {
        const asked = client.embeddings.create(
          // Only the third generation of models can be asked for a length.
          {
            model: options.model,
            input,
            encoding_format: "base64",
            ...(/embedding-3/.test(options.model) && { dimensions: vectorDimensions }),
          },
          { signal: deadline.signal, timeout: options.timeoutMs, headers: options.headers() },
        );
        const { data } = await deadline.within(asked, options.timeoutMs, "vectors");
        return vectorsOf(data, input.length);
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason;
        const error = toAiError(thrown);
        const delayMs = deadline.signal.aborted ? null : retryDelayMs(error, tried, options.retry, options.random());
        if (delayMs === null) throw error;
        await sleep(delayMs, deadline.signal);
      }
    }
  } catch (thrown) {
    throw signal?.aborted ? signal.reason : toAiError(thrown);
  } finally {
    deadline.close();
  }
}

/** The answer's vectors in the order of the question. Refuses a missing one and one of another length. */
function vectorsOf(data: readonly { index: number; embedding: unknown }[], count: number): Float32Array[] {
  const vectors: (Float32Array | undefined)[] = new Array(count).fill(undefined);
  for (const { index, embedding } of data ?? []) if (index < count) vectors[index] = decode(embedding);
  return vectors.map((vector) => {
    if (!vector) throw new AiError("unavailable", "the embeddings endpoint left out a vector");
    if (vector.length !== vectorDimensions) {
      throw new AiError("bad_request", `the embedding model gives ${vector.length} numbers a vector; ${vectorDimensions} are needed`);
    }
    const length = Math.hypot(...vector);
    if (!(length > 0 && Number.isFinite(length)))
      throw new AiError("unavailable", "the embeddings endpoint gave a vector without direction");
    return vector.map((value) => value / length);
  });
}

function decode(embedding: unknown): Float32Array {
  if (Array.isArray(embedding)) return Float32Array.from(embedding, Number);
  if (typeof embedding !== "string") throw new AiError("unavailable", "the embeddings endpoint answered in an unknown form");
  const bytes = Buffer.from(embedding, "base64");
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}
