/**
 * Asks every question of a set the way production does: the same query, search, and confidence features.
 *
 * @module
 */

import type { Features } from "@axon/ai/confidence/model";
import { retrievalFeatures } from "@axon/ai/confidence/retrieval-features";
import { bareQuestion } from "@axon/ai/intents";
import type { AiProvider } from "@axon/ai/provider";
import { buildQuery } from "@axon/ai/query";
import type { Retrieval } from "@axon/ai/retrieval";
import type { HistoryTurn } from "@axon/contracts/answers";
import { retrieve } from "@axon/core/knowledge";
import type { Database } from "@axon/db/connect";
import { withWorkspace } from "@axon/db/transaction";
import type { LoadedSet } from "./load-set.ts";
import type { EvalQuestion } from "./read-sets.ts";

export interface Asked {
  question: EvalQuestion;
  /** Place of the first gold passage, from 1; null when it was not among the hits. */
  rank: number | null;
  /** Is a reference answer, letter for letter, in the first 4,000 characters of what was found? null: nothing to look for. */
  answerIn4k: boolean | null;
  features: Features;
  confidence: number;
}

/** As many hits as an answer's retrieval asks for. */
export const hitsWanted = 20;
const contextChars = 4000;
/** Questions under way at once: enough to keep two cores busy. */
const askedAtOnceMax = 4;

export interface Asking {
  database: Database;
  provider: AiProvider;
  set: LoadedSet;
  /** Restricts the search, as an agent's settings do. */
  sourceIds?: readonly string[];
}

/** Every question, some at once; the results in their order. */
export async function askAll(asking: Asking, questions: readonly EvalQuestion[]): Promise<Asked[]> {
  return askAllAtOnce(questions, (question) => ask(asking, question));
}

/** `work` on every item, `askedAtOnceMax` under way at a time; the results in the order of the items. */
export async function askAllAtOnce<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: askedAtOnceMax }, worker));
  return results;
}

export async function ask({ database, provider, set, sourceIds = [] }: Asking, question: EvalQuestion): Promise<Asked> {
  const history = historyOf(question);
  const query = await buildQuery(provider.embedder, question.text, history, { limit: hitsWanted });
  const retrieval = await withWorkspace(database, set.workspaceId, (tx) =>
    retrieve({ workspaceId: set.workspaceId, tx }, { ...query, sourceIds, embedder: provider.embedder.id }),
  );
  const features = retrievalFeatures(bareQuestion(question.text), query, retrieval, history);
  const gold = new Set(question.gold);
  const place = retrieval.hits.findIndex(({ chunkId }) => gold.has(set.passageOf.get(chunkId) ?? ""));
  return {
    question,
    rank: place < 0 ? null : place + 1,
    answerIn4k: answerIn4k(question, retrieval),
    features,
    confidence: provider.confidence.score(features),
  };
}

export function historyOf({ history }: EvalQuestion): HistoryTurn[] {
  return history.map(({ role, text }) => ({ role: role === "user" ? "user" : "assistant", text }));
}

function answerIn4k({ gold, answers }: EvalQuestion, { hits }: Retrieval): boolean | null {
  if (gold.length === 0 || answers.length === 0) return null;
  const context = hits
    .map(({ text }) => text)
    .join("\n")
    .slice(0, contextChars)
    .toLowerCase();
  return answers.some((answer) => context.includes(answer.toLowerCase()));
}
