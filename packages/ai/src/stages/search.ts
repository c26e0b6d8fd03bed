/**
 * The first stage of an answer: the question as the search is asked, what it found, and an approved answer if there is one.
 *
 * @module
 */
import type { HistoryTurn } from "@axon/contracts/answers";
import type { AnswerDeps, AnswerRequest } from "../answer.ts";
import type { ApprovedMatch } from "../approved.ts";
import type { Features } from "../confidence/model.ts";
import { retrievalFeatures } from "../confidence/retrieval-features.ts";
import { bareQuestion } from "../intents.ts";
import { buildQuery } from "../query.ts";
import type { Retrieval } from "../retrieval.ts";
import type { Tracer } from "../trace.ts";

/** Hits that confidence looks at, though fewer go into the prompt. */
const hitsForConfidence = 20;

export interface Found {
  retrieval: Retrieval;
  features: Features;
  approved: ApprovedMatch | null;
}

/** Throws `AiError` for the embedder's trouble, the signal's reason, and whatever the ports throw. */
export async function search(
  deps: AnswerDeps,
  request: AnswerRequest,
  history: readonly HistoryTurn[],
  trace: Tracer,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const limit = Math.max(request.retrieval.topK, hitsForConfidence);
  const query = await trace.timed(
    "embed",
    buildQuery(deps.provider.embedder, request.question, history, { limit, ...(signal && { signal }) }),
  );
  const match = deps.approved ? trace.timed("approved", deps.approved(request.question, query)) : null;
  const [retrieval, approved] = await Promise.all([trace.timed("retrieve", deps.retrieve(query)), match]);
  signal?.throwIfAborted();
  return {
    retrieval,
    features: retrievalFeatures(bareQuestion(request.question), query, retrieval, history),
    approved: await standing(deps, approved),
  };
}

/** An approved answer whose document was deleted stands on nothing any more. */
async function standing(deps: AnswerDeps, match: ApprovedMatch | null): Promise<ApprovedMatch | null> {
  if (!match?.citation || !deps.stillLive) return match;
  return (await deps.stillLive([match.citation.chunkId])).has(match.citation.chunkId) ? match : null;
}
