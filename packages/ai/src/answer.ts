/**
 * From a question to an answer or a handoff: search, prepare, write, judge, a file each in `stages/`. Knows no tenant and
 * no database; what it is given as `retrieve` does. It never guesses: whatever goes wrong with the model is a handoff with
 * its reason, and a customer who asks for a person gets one whatever else is the matter.
 *
 * @module
 */
import type { AnswerPath, AnswerTrace, Citation, HandoffReason } from "@axon/contracts/answers";
import { type ApprovedMatch, approvedConfidenceMax, type FindApproved } from "./approved.ts";
import { scopeOf, type TalkTurn } from "./history/condense.ts";
import { smallTalk, wantsPerson } from "./intents.ts";
import { createVault } from "./pii/vault.ts";
import { AiError, type AiProvider } from "./provider.ts";
import type { Retrieve } from "./retrieval.ts";
import { judge } from "./stages/judge.ts";
import { countFor, prepare, replyLanguage } from "./stages/prepare.ts";
import { search } from "./stages/search.ts";
import { notes, type Writing, type Written, write } from "./stages/write.ts";
import { startTrace, type Tracer } from "./trace.ts";

export interface AnswerDeps {
  provider: AiProvider;
  retrieve: Retrieve;
  /** Asked before the model: an approved answer to this question wins over a written one. */
  approved?: FindApproved;
  /** Which of these chunks may still be cited, asked when the answer is written: documents can be deleted meanwhile. */
  stillLive?: (chunkIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

export interface AnswerRequest {
  question: string;
  /** The talk before the question, oldest first; what stands before a `boundary` is not looked at. */
  history: readonly TalkTurn[];
  agent: {
    /** Kept in the trace. */
    id?: string;
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
  /** The moment whose knowledge `retrieve` searches, when it is not the present one. ISO 8601; kept in the trace. */
  asOf?: string;
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

/** Below this the search found nothing worth a model call. */
const groundingFloor = 0.05;

/**
 * Answers one question. Deltas come only while the search alone promises an answer above the threshold, and hold only
 * what the passages bear out. After deltas a handoff, or an answer in other words, can still follow: `final.text` is what
 * counts, and a caller that showed something else takes it back. Throws the signal's reason when aborted and whatever the
 * ports throw; the model's trouble is a handoff (`ai_error`).
 */
export async function* answer(deps: AnswerDeps, request: AnswerRequest, options: { signal?: AbortSignal }): AsyncGenerator<AnswerPart> {
  const { signal } = options;
  signal?.throwIfAborted();
  const trace = startTrace(deps.provider, request);
  trace.note({ language: { question: replyLanguage(request), reply: null, mismatch: false } });
  if (wantsPerson(request.question)) return yield handoff(trace, "customer_asked", 0);
  const small = smallTalk(request.question);
  if (small) {
    const text = small.kind === "greeting" ? request.agent.greeting?.trim() || small.reply : small.reply;
    yield { type: "delta", text };
    return yield given(trace, "small_talk", { text, citations: [], confidence: 1 });
  }
  try {
    yield* lookUp(deps, request, trace, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof AiError)) throw error;
    trace.failed(error);
    yield handoff(trace, error.code === "refused" ? "model_refused" : "ai_error", 0);
  }
}

async function* lookUp(
  deps: AnswerDeps,
  request: AnswerRequest,
  trace: Tracer,
  signal: AbortSignal | undefined,
): AsyncGenerator<AnswerPart> {
  const history = scopeOf(request.history);
  const vault = createVault();
  const count = countFor(deps, request);
  count?.catch(() => {}); // It is awaited below, if the search comes to that.
  const found = await search(deps, request, history, trace, signal);
  const prior = deps.provider.confidence.score(found.features);
  trace.features(found.features);
  if (found.approved) return yield* approved(found.approved, trace);
  const prepared = await trace.timed("prepare", prepare(deps, request, { hits: found.retrieval.hits, history, vault, count }, trace));
  if (prepared.hits.length === 0 || prior < groundingFloor) return yield handoff(trace, "no_knowledge", prior);
  const writing: Writing = { deps, request, prepared, corpus: found.retrieval.corpus, vault, trace, signal };
  const written = yield* writeTwice(writing, prior >= request.threshold);
  const verdict = await judge(writing, written, { features: found.features, confidence: prior });
  signal?.throwIfAborted();
  yield verdict.action === "handoff" ? handoff(trace, verdict.reason, verdict.confidence) : given(trace, "generated", verdict);
}

/** One try, and a second when the first promised what nobody will do or was in another language than the customer's. */
async function* writeTwice(writing: Writing, live: boolean): AsyncGenerator<AnswerPart, Written> {
  // The local model can only quote: asking it again changes nothing.
  const again = writing.deps.provider.name !== "local";
  let shown = false;
  const first = write(writing, { live, note: null, strict: again });
  let next = await first.next();
  for (; !next.done; next = await first.next()) {
    shown = true;
    yield { type: "delta", text: next.value };
  }
  const { stopped, gaveUp } = next.value;
  if (!again || gaveUp !== null || (stopped !== "false_promise" && stopped !== "language")) return next.value;
  writing.trace.note({ regenerated: stopped });
  const note = stopped === "language" ? notes.language(writing.prepared.language) : notes.false_promise;
  const second = write(writing, { live: live && !shown, note, strict: false });
  for (next = await second.next(); !next.done; next = await second.next()) yield { type: "delta", text: next.value };
  return next.value;
}

/** Word for word, as a person wrote it. */
async function* approved({ answerId, text, score, citation }: ApprovedMatch, trace: Tracer): AsyncGenerator<AnswerPart> {
  trace.note({ approvedAnswerId: answerId });
  yield { type: "delta", text };
  yield given(trace, "approved", {
    text,
    citations: citation ? [{ index: 1, ...citation }] : [],
    confidence: Math.min(score, approvedConfidenceMax),
  });
}

function given(
  trace: Tracer,
  path: AnswerPath,
  { text, citations, confidence }: Pick<AnswerResult, "text" | "citations" | "confidence">,
): AnswerPart {
  return {
    type: "final",
    result: { action: "answer", text, citations, confidence, reason: null, trace: trace.end(confidence, null, path) },
  };
}

function handoff(trace: Tracer, reason: HandoffReason, confidence: number): AnswerPart {
  return {
    type: "final",
    result: { action: "handoff", text: "", citations: [], confidence, reason, trace: trace.end(confidence, reason, "none") },
  };
}
