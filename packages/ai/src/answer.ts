/**
 * From a question to an answer or a handoff: search, prompt, stream, check, judge. Knows no tenant and no database; what
 * it is given as `retrieve` does. It never guesses: whatever goes wrong with the model is a handoff with its reason.
 *
 * @module
 */
import type { AnswerTrace, Citation, HandoffReason, HistoryTurn } from "@axon/contracts/answers";
import { citedNumbers, createCitationFilter, quoteFor } from "./citations.ts";
import { answerFeatures } from "./confidence/answer-features.ts";
import type { Features } from "./confidence/model.ts";
import { retrievalFeatures } from "./confidence/retrieval-features.ts";
import { type Context, chooseContext } from "./context.ts";
import { smallTalk, wantsPerson } from "./intents.ts";
import { fingerprint } from "./prompt.ts";
import { AiError, type AiProvider, type ChatRequest } from "./provider.ts";
import { buildQuery } from "./query.ts";
import type { Retrieval, Retrieve } from "./retrieval.ts";
import { startTrace, type Tracer } from "./trace.ts";

export interface AnswerDeps {
  provider: AiProvider;
  retrieve: Retrieve;
}

export interface AnswerRequest {
  question: string;
  history: readonly HistoryTurn[];
  agent: {
    name: string;
    systemPrompt: string;
    /** Said to a customer who only says hello; empty or absent: a plain greeting in the customer's language. */
    greeting?: string;
    /** null: the provider's own. */
    model: string | null;
    temperature: number;
    maxTokens: number;
    language: string;
    version: number;
  };
  /** How many passages the model may see, and the fused score (0..1) that each must reach. */
  retrieval: { topK: number; minScore: number };
  /** Confidence (0..1) from which the answer is given. */
  threshold: number;
}

export interface AnswerResult {
  action: "answer" | "handoff";
  /** Empty for a handoff: what the customer then hears is the caller's to choose. */
  text: string;
  citations: Citation[];
  confidence: number;
  /** Why it was handed off; null for an answer. */
  reason: HandoffReason | null;
  trace: AnswerTrace;
}

export type AnswerPart = { type: "delta"; text: string } | { type: "final"; result: AnswerResult };

/** Hits that confidence looks at, though fewer go into the prompt. */
const hitsForConfidence = 20;
/** Below this the search found nothing worth a model call. */
const groundingFloor = 0.05;

/**
 * Answers one question. Deltas come only while the search alone promises an answer above the threshold; they are the
 * answer so far, citations checked. After deltas a handoff can still follow: the caller then withdraws them. Throws the
 * signal's reason when aborted and whatever `retrieve` throws; the model's trouble is a handoff (`ai_error`).
 */
export async function* answer(deps: AnswerDeps, request: AnswerRequest, options: { signal?: AbortSignal }): AsyncGenerator<AnswerPart> {
  const { signal } = options;
  signal?.throwIfAborted();
  const trace = startTrace(deps.provider, request);
  if (wantsPerson(request.question)) return yield handoff(trace, "customer_asked", 0);
  const small = smallTalk(request.question);
  if (small) {
    const text = small.kind === "greeting" ? request.agent.greeting?.trim() || small.reply : small.reply;
    yield { type: "delta", text };
    return yield {
      type: "final",
      result: { action: "answer", text, citations: [], confidence: 1, reason: null, trace: trace.end(1, null) },
    };
  }
  try {
    const found = await search(deps, request, trace, signal);
    const prior = deps.provider.confidence.score(found.features);
    trace.features(found.features);
    if (found.context.passages.length === 0 || prior < groundingFloor) return yield handoff(trace, "no_knowledge", prior);
    yield* write(deps, request, found, prior, trace, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof AiError)) throw error;
    trace.failed(error);
    yield handoff(trace, error.code === "refused" ? "model_refused" : "ai_error", 0);
  }
}

interface Found {
  context: Context;
  features: Features;
}

async function search(deps: AnswerDeps, request: AnswerRequest, trace: Tracer, signal: AbortSignal | undefined): Promise<Found> {
  const limit = Math.max(request.retrieval.topK, hitsForConfidence);
  const query = await trace.timed(
    "embed",
    buildQuery(deps.provider.embedder, request.question, request.history, { limit, ...(signal && { signal }) }),
  );
  const retrieval: Retrieval = await trace.timed("retrieve", deps.retrieve(query));
  signal?.throwIfAborted();
  const context = await chooseContext(retrieval.hits, request.retrieval);
  trace.hits(retrieval.hits, context.hits);
  return { context, features: retrievalFeatures(request.question, query, retrieval) };
}

async function* write(
  deps: AnswerDeps,
  request: AnswerRequest,
  { context, features }: Found,
  prior: number,
  trace: Tracer,
  signal: AbortSignal | undefined,
): AsyncGenerator<AnswerPart> {
  const chat = chatRequest(request, context);
  trace.prompt(fingerprint(chat));
  const live = prior >= request.threshold;
  const filter = createCitationFilter(context.passages.length);
  const logprobs: number[] = [];
  let text = "";
  let stopped: HandoffReason | null = null;
  let cutShort = false;
  for await (const part of trace.stream(deps.provider.chat.stream(chat, { ...(signal && { signal }) }))) {
    if (part.type === "usage") trace.usage(part);
    else if (part.type === "logprobs") logprobs.push(...part.values);
    else if (part.type === "refusal") stopped = "model_refused";
    else if (part.type === "action" && part.action === "handoff") stopped ??= "model_asked";
    else if (part.type === "finish") {
      if (part.reason === "unparsable") stopped ??= "model_unparsable";
      if (part.reason === "filtered") stopped = "model_refused";
      cutShort = part.reason === "length";
    } else if (part.type === "text" && stopped === null) {
      const shown = filter.push(part.text);
      text += shown;
      if (live && shown) yield { type: "delta", text: shown };
    }
  }
  signal?.throwIfAborted();
  const rest = stopped === null ? filter.end() : "";
  if (live && rest) yield { type: "delta", text: rest };
  text = (cutShort ? wholeSentences(text + rest) : text + rest).trim();
  trace.citationsRemoved(filter.removed());
  if (stopped) return yield handoff(trace, stopped, prior);
  if (!text) return yield handoff(trace, "model_unparsable", prior);
  const all = { ...features, ...answerFeatures({ text, passages: context.passages, logprobs, citationsRemoved: filter.removed() }) };
  const confidence = deps.provider.confidence.score(all);
  trace.features(all);
  const citations = citationsOf(text, context);
  if (citations.length === 0) return yield handoff(trace, "model_uncited", confidence);
  if (confidence < request.threshold) return yield handoff(trace, "low_confidence", confidence);
  yield { type: "final", result: { action: "answer", text, citations, confidence, reason: null, trace: trace.end(confidence, null) } };
}

function chatRequest({ question, history, agent }: AnswerRequest, { passages }: Context): ChatRequest {
  const { name, systemPrompt, language, model, temperature, maxTokens } = agent;
  return { question, history, passages, agent: { name, systemPrompt, language }, model, temperature, maxTokens };
}

/** What stands before the last full stop, when the model ran out of room in the middle of a sentence. */
function wholeSentences(text: string): string {
  const end = Math.max(...[". ", "! ", "? ", ".\n", "。", "！", "？", "] "].map((mark) => text.lastIndexOf(mark)));
  return end < 0 ? "" : text.slice(0, end + 1);
}

function citationsOf(text: string, { hits }: Context): Citation[] {
  return citedNumbers(text).flatMap((index) => {
    const hit = hits[index - 1];
    return hit
      ? [{ index, documentId: hit.documentId, title: hit.title, chunkId: hit.chunkId, quote: quoteFor(text, index, hit.text) }]
      : [];
  });
}

function handoff(trace: Tracer, reason: HandoffReason, confidence: number): AnswerPart {
  return {
    type: "final",
    result: { action: "handoff", text: "", citations: [], confidence, reason, trace: trace.end(confidence, reason) },
  };
}
