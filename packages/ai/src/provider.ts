/**
 * The ports to a model vendor: what we ask of one, in words that hold for any. Implementations live in `openai/`
 * and `local/`; nothing here knows a wire format, a tenant or a database.
 *
 * @module
 */
import type { HistoryTurn } from "@axon/contracts/answers";
import type { ConfidenceModel } from "./confidence/model.ts";

/** Length of every vector we store; the column is `halfvec(1536)`. */
export const vectorDimensions = 1536;

export interface AiProvider {
  name: "openai" | "local";
  embedder: Embedder;
  /** The embedder with this id if this process can make it: the present one, or an earlier one whose vectors are still searched. */
  embedderOf(id: string): Embedder | null;
  chat: ChatModel;
  confidence: ConfidenceModel;
  /** How the breakers stand, for who watches; absent where there are none. */
  breakers?: () => readonly BreakerReading[];
}

/** While a breaker is open its model is not asked; half open, one call sees whether it is well again. */
export interface BreakerReading {
  server: "first" | "fallback";
  purpose: "chat" | "embed";
  model: string;
  state: "closed" | "open" | "half_open";
}

export interface EmbedOptions {
  /** Some models embed a question and a passage differently. */
  kind: "document" | "query";
  signal?: AbortSignal;
}

export interface Embedder {
  /** Stored with each vector. Vectors of different ids cannot be compared: a change means embedding again. */
  id: string;
  dimensions: typeof vectorDimensions;
  /** How many texts a caller should hand over at once. */
  batchMax: number;
  /** One vector per text, in order, each of length 1 (L2). Throws `AiError`, or the signal's reason. */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
}

/** A passage as the model sees it; `index` is the number it is cited by, from 1. */
export interface PromptPassage {
  index: number;
  title: string;
  headingPath: readonly string[];
  text: string;
}

/**
 * Everything one reply is made from. The vendor's adapter renders it; the local model reads it as it is. Personal data is
 * in it as tokens (`[[EMAIL_1]]`), the talk is as short as it has to be, and all of it fits the model's window.
 */
export interface ChatRequest {
  question: string;
  history: readonly HistoryTurn[];
  passages: readonly PromptPassage[];
  agent: { name: string; systemPrompt: string; language: string };
  /** null: the model the provider was made with. */
  model: string | null;
  temperature: number;
  maxTokens: number;
  /** The language to reply in, when the question's is known and the agent has none of its own: a tag of two letters. */
  replyLanguage?: string | null;
  /** Said to the model after all else, when its first try was no good. */
  note?: string | null;
}

/**
 * A model's reply as it comes. `action` comes before the first `text`, if the model keeps the format; `text` is plain
 * answer text, never JSON; `finish` is last. `unparsable` means the model broke the format: show nothing of it.
 */
export type ChatPart =
  | { type: "action"; action: "answer" | "handoff" }
  | { type: "text"; text: string }
  | { type: "refusal"; text: string }
  | { type: "logprobs"; values: readonly number[] }
  /** Tokens of one call, and what they cost where that is known. */
  | { type: "usage"; prompt: number; completion: number; estimated: boolean; price: TokenPrice | null }
  /** One call to a model has ended: `ok`, or the code it failed with. */
  | { type: "try"; model: string; outcome: string; ms: number }
  | { type: "finish"; reason: "stop" | "length" | "filtered" | "unparsable" };

/** In US dollars for a million tokens. */
export interface TokenPrice {
  prompt: number;
  completion: number;
}

export interface ChatModel {
  /** The model used when a request names none. */
  id: string;
  /** Throws `AiError` for the vendor's trouble and the signal's reason when aborted. */
  stream(request: ChatRequest, options: { signal?: AbortSignal }): AsyncIterable<ChatPart>;
}

export type AiErrorCode = "rate_limited" | "quota" | "timeout" | "unavailable" | "bad_request" | "auth" | "refused" | "aborted";

/** The vendor could not or would not answer. `retryable`: the same call may work later. */
export class AiError extends Error {
  override readonly name = "AiError";
  readonly code: AiErrorCode;
  readonly retryable: boolean;
  /** How long the vendor asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(code: AiErrorCode, message: string, options: { cause?: unknown; retryAfterMs?: number | null } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = code === "rate_limited" || code === "timeout" || code === "unavailable";
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
