/**
 * The second stage: what the model is asked, with personal data as tokens and all of it within its window.
 *
 * @module
 */
import type { HistoryTurn } from "@axon/contracts/answers";
import type { AnswerDeps, AnswerRequest } from "../answer.ts";
import { type Context, chooseContext, passageTokensMax } from "../context.ts";
import { detectLanguage } from "../language/detect.ts";
import type { Vault } from "../pii/vault.ts";
import type { RetrievalHit } from "../retrieval.ts";
import { type Count, tokenCounter } from "../tokens.ts";
import type { Tracer } from "../trace.ts";

export interface Prepared extends Context {
  /** The language the reply should be in; null when the question does not show one. */
  language: string | null;
}

/** Starts loading the model's tables while the search is under way; the local model needs none for a usual prompt. */
export function countFor({ provider }: AnswerDeps, { agent }: AnswerRequest): Promise<Count> | null {
  return provider.name === "local" ? null : tokenCounter(agent.model ?? provider.chat.id);
}

export async function prepare(
  deps: AnswerDeps,
  request: AnswerRequest,
  input: { hits: readonly RetrievalHit[]; history: readonly HistoryTurn[]; vault: Vault; count: Promise<Count> | null },
  trace: Tracer,
): Promise<Prepared> {
  const { agent } = request;
  const { hits, vault } = input;
  const model = agent.model ?? deps.provider.chat.id;
  const question = vault.hide(request.question);
  const history = input.history.map(({ role, text }) => ({ role, text: vault.hide(text) }));
  const language = replyLanguage(request);
  const context = chooseContext({
    hits,
    retrieval: request.retrieval,
    request: {
      question,
      agent: { name: agent.name, systemPrompt: agent.systemPrompt, language: agent.language },
      model: agent.model,
      temperature: agent.temperature,
      maxTokens: agent.maxTokens,
      replyLanguage: language,
    },
    history,
    model,
    count: await (input.count ?? cheapCount(hits, model)),
    hide: vault.hideInPassage,
  });
  trace.hits(hits, context.hits);
  trace.dropped(context.dropped);
  trace.note({ pii: vault.counts(), history: context.history, ...(input.count && { budget: context.budget }) });
  return { ...context, language };
}

/** A token is at least a byte: when all bytes fit there is nothing to count, and the tables need not be loaded. */
function cheapCount(hits: readonly RetrievalHit[], model: string): Count | Promise<Count> {
  const bytes: Count = (text) => Buffer.byteLength(text);
  const all = hits.reduce((sum, { title, headingPath, text }) => sum + bytes(text) + bytes(title) + bytes(headingPath.join(" > ")) + 20, 0);
  return all <= passageTokensMax ? bytes : tokenCounter(model);
}

/** The agent's own language, or the question's; a question too short to tell leans on the message before. null: unknown. */
export function replyLanguage({ agent, question, history }: AnswerRequest): string | null {
  if (agent.language !== "auto") return agent.language.toLowerCase().split("-")[0] ?? null;
  const before = history.findLast(({ role }) => role === "user")?.text;
  return detectLanguage(question) ?? (before === undefined ? null : detectLanguage(before));
}
