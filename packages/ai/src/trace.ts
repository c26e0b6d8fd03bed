/**
 * Keeps, while an answer is made, what will later explain it.
 *
 * @module
 */
import type { AnswerPath, AnswerTrace, DropReason, HandoffReason } from "@axon/contracts/answers";
import type { Features } from "./confidence/model.ts";
import type { AiError, AiProvider, ChatPart, TokenPrice } from "./provider.ts";
import type { RetrievalHit } from "./retrieval.ts";

export interface Tracer {
  /** Measures a stage in milliseconds. */
  timed<Result>(stage: string, work: Promise<Result>): Promise<Result>;
  /** Passes a reply through, measuring its first word and its whole. */
  stream(parts: AsyncIterable<ChatPart>): AsyncGenerator<ChatPart>;
  hits(found: readonly RetrievalHit[], inPrompt: readonly RetrievalHit[]): void;
  features(features: Features): void;
  prompt(hash: string): void;
  usage(usage: { prompt: number; completion: number; estimated: boolean; price: TokenPrice | null }): void;
  citationsRemoved(count: number): void;
  /** Keeps one call to a model; there are few, as retries are. */
  tried(call: { model: string; outcome: string; ms: number }): void;
  /** Passages that were left out, or taken back. */
  dropped(passages: readonly { chunkId: string; reason: DropReason }[]): void;
  /** Sets what is known once only. */
  note(facts: Pick<AnswerTrace, "approvedAnswerId" | "grounding" | "pii" | "history" | "budget" | "language" | "regenerated">): void;
  failed(error: AiError): void;
  end(confidence: number, reason: HandoffReason | null, path: AnswerPath): AnswerTrace;
}

/** More calls for one reply than any policy of retries makes, and more passages than any search gives. */
const triesMax = 50;
const droppedMax = 200;
/** Prices are for a million tokens. */
const tokensPriced = 1e6;

export function startTrace(
  provider: AiProvider,
  request: { agent: { id?: string; model: string | null; version: number }; asOf?: string },
): Tracer {
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
    ...(request.agent.id !== undefined && { agentId: request.agent.id }),
    ...(request.asOf !== undefined && { asOf: request.asOf }),
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
        stagesMs.model = (stagesMs.model ?? 0) + since(fromMs);
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
    usage({ prompt, completion, estimated, price }) {
      // Tries that were cut are paid for as well.
      const { tokens } = trace;
      trace.tokens = {
        prompt: tokens.prompt + prompt,
        completion: tokens.completion + completion,
        estimated: tokens.estimated || estimated,
      };
      trace.cost = price === null || trace.cost === null ? null : addCost(trace.cost, { prompt, completion, price });
    },
    citationsRemoved: (count) => {
      trace.citationsRemoved += count;
    },
    tried(call) {
      trace.tries = [...(trace.tries ?? []), { ...call, ms: Math.round(call.ms * 10) / 10 }].slice(0, triesMax);
    },
    dropped(passages) {
      trace.dropped = [...(trace.dropped ?? []), ...passages].slice(0, droppedMax);
    },
    note: (facts) => {
      Object.assign(trace, facts);
    },
    failed: ({ code, message }) => {
      trace.error = { code, message };
    },
    end(confidence, reason, path) {
      stagesMs.total = since(startedMs);
      return {
        ...trace,
        path,
        confidence: { value: confidence, model: provider.confidence.id, inputs: { ...inputs } },
        handoffReason: reason,
      };
    },
  };
}

/** What the calls so far cost, and one more. (One call of unknown price, and nobody knows what the whole cost.) */
function addCost(
  before: AnswerTrace["cost"],
  { prompt, completion, price }: { prompt: number; completion: number; price: TokenPrice },
): NonNullable<AnswerTrace["cost"]> {
  const usd = (prompt * price.prompt + completion * price.completion) / tokensPriced;
  return { usd: (before?.usd ?? 0) + usd, prices: [...(before?.prices ?? []), price].slice(0, triesMax) };
}
