/**
 * `/v1/embeddings`: vectors that depend on the text alone, so that the same words lie close together in every run.
 *
 * Like the real server it answers base64 (little-endian float32) when asked and plain numbers otherwise; the SDK asks for
 * base64 unless told not to.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { jsonReply, type WireReply } from "./wire.ts";

export interface EmbeddingsRequest {
  model: string;
  input: string[];
  base64: boolean;
  dimensions: number | undefined;
}

/** Plans the answer: one unit vector per input, of as many dimensions as asked, or else as many as the model gives. */
export function embeddingsReply(request: EmbeddingsRequest, dimensionsDefault: number): WireReply {
  const data = request.input.map((text, index) => {
    const vector = fakeVector(text, request.dimensions ?? dimensionsDefault);
    return { object: "embedding", index, embedding: request.base64 ? toBase64(vector) : Array.from(vector) };
  });
  const promptTokens = request.input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  return jsonReply(200, { object: "list", data, model: request.model, usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } });
}

/** A bag of words, each word a signed coordinate, scaled to length 1: texts that share words have a high cosine. */
export function fakeVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["(empty)"]) {
    const digest = createHash("sha256").update(word).digest();
    const at = digest.readUInt32LE(0) % dimensions;
    vector[at] = (vector[at] ?? 0) + (digest.readUInt8(4) % 2 === 0 ? 1 : -1);
  }
  // Opposite words on one coordinate may cancel out; a zero vector has no direction and databases refuse it.
  if (vector.every((value) => value === 0)) vector[0] = 1;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
