/**
 * From a customer's message to what the search is asked: lexemes and a vector of the same words, without the greeting
 * before them. Vectors are made by a vendor: it sees no personal data; lexemes stay with us and have all words.
 *
 * @module
 */
import type { HistoryTurn } from "@axon/contracts/answers";
import { bareQuestion } from "./intents.ts";
import { queryLexemes } from "./lexical/analyze.ts";
import { withoutPersonalData } from "./pii/find.ts";
import type { Embedder } from "./provider.ts";
import type { RetrievalQuery } from "./retrieval.ts";

export interface QueryOptions {
  limit: number;
  signal?: AbortSignal;
}

/** The customer's message before this one, if there is one: follow-ups lean on it. */
export function previousUserTurn(history: readonly HistoryTurn[]): string | undefined {
  return history.findLast(({ role, text }) => role === "user" && text.trim() !== "")?.text;
}

/** Embeds the question and takes its lexemes. Throws `AiError`, or the signal's reason. */
export async function buildQuery(
  embedder: Embedder,
  question: string,
  history: readonly HistoryTurn[],
  options: QueryOptions,
): Promise<RetrievalQuery> {
  const asked = bareQuestion(question);
  const before = previousUserTurn(history);
  const text = before ? `${asked}\n${before}\n${asked}` : asked;
  const [vector] = await embedder.embed([withoutPersonalData(text)], { kind: "query", ...(options.signal && { signal: options.signal }) });
  if (!vector) throw new Error("the embedder gave no vector");
  return { vector, lexemes: queryLexemes(asked, before), limit: options.limit };
}
