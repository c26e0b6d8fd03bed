/**
 * Vectors from the embeddings endpoint: in batches that fit its limits, a few at a time, as base64 (24 times cheaper to
 * read than numbers). A server that sends numbers all the same is understood, and what one refuses is not asked again.
 * Shorter vectors than we store are filled up with zeros, which changes no cosine.
 *
 * @module
 */
import type OpenAI from "openai";
import { AiError, type Embedder, vectorDimensions } from "../provider.ts";
import { startDeadline } from "./deadline.ts";
import { type EmbedDialect, firstEmbedDialect, learnEmbedding, lessonsMax } from "./embed-dialect.ts";
import { toAiError } from "./errors.ts";
import { type RetryPolicy, retryDelayMs, sleep } from "./retry.ts";

export interface EmbedderOptions {
  model: string;
  /** Numbers a vector that the model is asked for; null: as many as it gives. */
  dimensions: number | null;
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
const requestsAtOnceMax = 4;
const queryTimeoutMs = 15_000;

/** Fewer numbers than this are not what an embedding model gives. */
const dimensionsMin = 32;

/** What is known of a server: how it is spoken to, and how long its vectors are (null: none has come yet). */
interface Known {
  dialect: EmbedDialect;
  length: number | null;
}

/** The id of the vectors that a model gives when asked for so many numbers (null: its own number). */
function embedderId(model: string, dimensions: number | null): string {
  return `openai:${model}:${dimensions ?? vectorDimensions}`;
}

/** The model and length behind such an id; null for an id of another kind. */
export function readEmbedderId(id: string): { model: string; dimensions: number | null } | null {
  const [, model, length] = /^openai:(.+):(\d{2,4})$/.exec(id) ?? [];
  if (model === undefined) return null;
  return { model, dimensions: Number(length) === vectorDimensions ? null : Number(length) };
}

export function createOpenAiEmbedder(client: OpenAI, options: EmbedderOptions): Embedder {
  const known: Known = { dialect: firstEmbedDialect(options.model, options.dimensions), length: null };
  return {
    id: embedderId(options.model, options.dimensions),
    dimensions: vectorDimensions,
    batchMax: textsPerRequestMax,
    async embed(texts, { kind, signal }) {
      // A customer waits for a question's vector; nobody for a document's.
      const timeoutMs = kind === "query" ? Math.min(queryTimeoutMs, options.timeoutMs) : options.timeoutMs;
      // The endpoint refuses empty strings; a full stop carries as little.
      const batches = batchesOf(texts.map((text) => text.slice(0, known.dialect.charsMax).trim() || "."));
      const vectors: Float32Array[][] = new Array(batches.length);
      let next = 0;
      const worker = async () => {
        for (let index = next++; index < batches.length; index = next++) {
          vectors[index] = await embedBatch(client, { ...options, timeoutMs }, known, batches[index] ?? [], signal);
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
  known: Known,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const deadline = startDeadline(options.timeoutMs, signal);
  let lessons = 0;
  try {
    for (let tried = 1; ; ) {
      const { dialect } = known;
      try {
        const asked = client.embeddings.create(paramsOf(options.model, dialect, texts), {
          signal: deadline.signal,
          timeout: options.timeoutMs,
          headers: options.headers(),
        });
        const { data } = await deadline.within(asked, options.timeoutMs, "vectors");
        return vectorsOf(data, texts.length, options, known);
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason;
        const error = toAiError(thrown);
        const lesson = lessons < lessonsMax ? learnEmbedding(dialect, error) : null;
        if (lesson) {
          lessons += 1;
          known.dialect = lesson;
          continue;
        }
        const delayMs = deadline.signal.aborted ? null : retryDelayMs(error, tried, options.retry, options.random());
        if (delayMs === null) throw error;
        tried += 1;
        await sleep(delayMs, deadline.signal);
      }
    }
  } catch (thrown) {
    throw signal?.aborted ? signal.reason : toAiError(thrown);
  } finally {
    deadline.close();
  }
}

function paramsOf(model: string, dialect: EmbedDialect, texts: readonly string[]) {
  return {
    model,
    input: texts.map((text) => text.slice(0, dialect.charsMax)),
    encoding_format: dialect.encoding,
    ...(dialect.dimensions !== null && { dimensions: dialect.dimensions }),
  };
}

/** The answer's vectors in the order of the question. Refuses a missing one and one of a length that cannot be stored. */
function vectorsOf(
  data: readonly { index: number; embedding: unknown }[],
  count: number,
  { dimensions }: EmbedderOptions,
  known: Known,
): Float32Array[] {
  const vectors: (Float32Array | undefined)[] = new Array(count).fill(undefined);
  for (const [place, { index = place, embedding }] of (data ?? []).entries()) if (index < count) vectors[index] = decode(embedding);
  return vectors.map((vector) => {
    if (!vector) throw new AiError("unavailable", "the embeddings endpoint left out a vector");
    checkLength(vector.length, dimensions, known);
    const length = Math.hypot(...vector);
    if (!(length > 0 && Number.isFinite(length)))
      throw new AiError("unavailable", "the embeddings endpoint gave a vector without direction");
    const stored = new Float32Array(vectorDimensions);
    for (const [place, value] of vector.entries()) stored[place] = value / length;
    return stored;
  });
}

function checkLength(length: number, wanted: number | null, known: Known): void {
  const gives = `the embedding model gives ${length} numbers a vector`;
  if (wanted !== null && length !== wanted) {
    throw new AiError("bad_request", `${gives}, not the ${wanted} that OPENAI_EMBEDDING_DIMENSIONS asks for: it takes no such wish`);
  }
  if (length > vectorDimensions) {
    throw new AiError(
      "bad_request",
      `${gives}, and ${vectorDimensions} are the most that can be stored: set OPENAI_EMBEDDING_DIMENSIONS to a length it can shorten to, or OPENAI_EMBEDDING_MODEL to another model`,
    );
  }
  if (length < dimensionsMin) throw new AiError("bad_request", `${gives}; at least ${dimensionsMin} are needed`);
  known.length ??= length;
  if (known.length !== length) throw new AiError("bad_request", `${gives}, and gave ${known.length} before: it is another model`);
}

function decode(embedding: unknown): Float32Array {
  if (Array.isArray(embedding)) return Float32Array.from(embedding, Number);
  if (typeof embedding !== "string") throw new AiError("unavailable", "the embeddings endpoint answered in an unknown form");
  const bytes = Buffer.from(embedding, "base64");
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}
