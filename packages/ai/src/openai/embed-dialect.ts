/**
 * Which parameters of the embeddings endpoint a server takes, and how long a text its model reads. Learnt like the
 * dialect of the chat: one thing from each refusal.
 *
 * @module
 */
import { APIError } from "openai";
import { type AiError, vectorDimensions } from "../provider.ts";

export interface EmbedDialect {
  encoding: "base64" | "float";
  /** Sent as `dimensions`; null: not sent. */
  dimensions: number | null;
  /** Longer texts are cut. */
  charsMax: number;
}

/** OpenAI's models read 8,191 tokens. */
const charsMaxFirst = 8000;
/** Models that read 512 tokens take this much of any script; shorter still would be no help to the search. */
const charsMaxLeast = 500;
/** Two parameters, and halving from the first length to the least. */
export const lessonsMax = 6;

export function firstEmbedDialect(model: string, dimensions: number | null): EmbedDialect {
  // Only these of OpenAI's models can be asked for a length; others give what they give.
  const own = /embedding-3/.test(model) ? vectorDimensions : null;
  return { encoding: "base64", dimensions: dimensions ?? own, charsMax: charsMaxFirst };
}

/** What to ask after `error` to what was asked in `dialect`; null when it is about something else. */
export function learnEmbedding(dialect: EmbedDialect, error: AiError): EmbedDialect | null {
  if (!(error.cause instanceof APIError)) return null;
  const { status = 0, param, message } = error.cause;
  const about = `${param ?? ""} ${message}`;
  // llama.cpp tells with a 500 that a text is too long.
  const long = /context|too (?:long|large)|maximum.{0,40}tokens|exceed/i.test(about);
  if (![400, 413, 422].includes(status) && !(status === 500 && long)) return null;
  if (dialect.encoding === "base64" && /encoding_format|base64/i.test(about)) return { ...dialect, encoding: "float" };
  if (dialect.dimensions !== null && /dimension|matryoshka/i.test(about)) return { ...dialect, dimensions: null };
  if (long && dialect.charsMax > charsMaxLeast) return { ...dialect, charsMax: Math.max(charsMaxLeast, dialect.charsMax / 2) };
  return null;
}
