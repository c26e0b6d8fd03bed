/**
 * The built-in provider: no network, no key, no model; the same words always give the same answer. What it says is
 * quoted from the documents. It stands in until a real model is configured, and keeps tests and evaluation honest.
 *
 * @module
 */
import { localConfidence } from "../confidence/models.ts";
import { type AiProvider, type Embedder, vectorDimensions } from "../provider.ts";
import { createLocalChat } from "./chat.ts";
import { hashedVector } from "./embed.ts";

/** Texts after which other work gets its turn: hashing is quick, but a whole book is not. */
const textsPerTurn = 8;

export function createLocalProvider(): AiProvider {
  return { name: "local", embedder: localEmbedder, embedderOf: localEmbedderOf, chat: createLocalChat(), confidence: localConfidence };
}

const localEmbedder: Embedder = {
  id: `local:hashed-1:${vectorDimensions}`,
  dimensions: vectorDimensions,
  batchMax: 96,
  async embed(texts, { signal }) {
    const vectors: Float32Array[] = [];
    for (const text of texts) {
      signal?.throwIfAborted();
      vectors.push(hashedVector(text));
      if (vectors.length % textsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return vectors;
  },
};

/** The embedder that needs neither key nor network, so that every process can make it. */
export function localEmbedderOf(id: string): Embedder | null {
  return id === localEmbedder.id ? localEmbedder : null;
}
