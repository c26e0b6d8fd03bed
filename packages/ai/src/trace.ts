/**
 * Keeps, while an answer is made, what will later explain it.
 *
 * @module
 */
import type { AnswerTrace, HandoffReason } from "@axon/contracts/answers";
import type { Features } from "./confidence/model.ts";
import type { AiError, AiProvider, ChatPart } from "./provider.ts";
import type { RetrievalHit } from "./retrieval.ts";

export interface Tracer {
  /** Measures a stage in milliseconds. */
  timed<Result>(stage: string, work: Promise<Result>): Promise<Result>;
  /** Passes a reply through, measuring its first word and its whole. */
  stream(parts: AsyncIterable<ChatPart>): AsyncGenerator<ChatPart>;
  hits(found: readonly RetrievalHit[], inPrompt: readonly RetrievalHit[]): void;
  features(features: Features): void;
  prompt(hash: string): void;
  usage(usage: { prompt: number; completion: number; estimated: boolean }): void;
  citationsRemoved(count: number): void;
  failed(error: AiError): void;
  end(confidence: number, reason: HandoffReason | null): AnswerTrace;
}

export function startTrace(provider: AiProvider, request: { agent: { model: string | null; version: number } }): Tracer {
  const startedMs = performance.now();
  const stagesMs: Record<string, number> = {};
  const since = (fromMs: number) => Math.round((performance.now() - fromMs) * 10) / 10;
  let inputs: Features = {};
  const trace: AnswerTrace = {
    provider: provider.name,
    model: provider.name === "local" ? provider.chat.id : (request.agent.model ?? provider.chat.id),
    agentVersion: request.agent.version,
    promptHash: null,
    hits: [],
    tokens: { prompt: 0, completion: 0, estimated: false },
    stagesMs,
    confidence: { value: 0, model: provider.confidence.id, inputs: {} },
    citationsRemoved: 0,
    handoffReason: null,
    error: null,
  };
  return {
    async timed(stage, work) {
      const fromMs = performance.now();
      try {
        return await work;
      } finally {
        stagesMs[stage] = since(fromMs);
      }
    },
    async *stream(parts) {
      const fromMs = performance.now();
      try {
        for await (const part of parts) {
          if (part.type === "text") stagesMs.firstText ??= since(fromMs);
          yield part;
        }
      } finally {
        stagesMs.model = since(fromMs);
      }
    },
    hits(found, inPrompt) {
      const chosen = new Set(inPrompt.map(({ chunkId }) => chunkId));
      trace.hits = found.map(({ chunkId, documentId, scores }) => ({ chunkId, documentId, scores, inPrompt: chosen.has(chunkId) }));
    },
    features: (features) => {
      inputs = features;
    },
    prompt: (hash) => {
      trace.promptHash = hash;
    },
    usage({ prompt, completion, estimated }) {
      // Tries that were cut are paid for as well.
      const { tokens } = trace;
      trace.tokens = {
        prompt: tokens.prompt + prompt,
        completion: tokens.completion + completion,
        estimated: tokens.estimated || estimated,
      };
    },
    citationsRemoved: (count) => {
      trace.citationsRemoved = count;
    },
    failed: ({ code, message }) => {
      trace.error = { code, message };
    },
    end(confidence, reason) {
      stagesMs.total = since(startedMs);
      return { ...trace, confidence: { value: confidence, model: provider.confidence.id, inputs: { ...inputs } }, handoffReason: reason };
    },
  };
}
