/**
 * What goes into the prompt: the passages above the agent's floor, up to its number, and as much of the talk as leaves
 * room for them; all of it, with the reply that is asked for, within the model's window, counted exactly.
 *
 * @module
 */
import type { AnswerTrace, DropReason, HistoryTurn } from "@axon/contracts/answers";
import { ordersTheModel } from "./grounding/orders.ts";
import { type CondensedHistory, condenseHistory } from "./history/condense.ts";
import { answerSchema, renderPassage, renderPrompt } from "./prompt.ts";
import type { ChatRequest, PromptPassage } from "./provider.ts";
import type { RetrievalHit } from "./retrieval.ts";
import { type Count, countPrompt, windowOf } from "./tokens.ts";

/** Tokens of passages in one prompt, and of the talk so far; fewer where the window is small. */
export const passageTokensMax = 8000;
const historyTokensMax = 3000;
/** The talk may have this share of what is left beside instructions and question. */
const historyShareMax = 0.3;
/** What a vendor adds for the answer's schema, which it does not tell: the schema's own length and some more. */
const schemaTokensMore = 40;

export interface Context {
  request: ChatRequest;
  /** The hit behind each passage, in the same order. */
  hits: RetrievalHit[];
  dropped: { chunkId: string; reason: DropReason }[];
  history: { turns: number; condensed: number; dropped: number };
  budget: NonNullable<AnswerTrace["budget"]>;
}

export interface ContextInput {
  hits: readonly RetrievalHit[];
  retrieval: { topK: number; minScore: number };
  /** The request but for passages and history, which are chosen here. */
  request: Omit<ChatRequest, "passages" | "history">;
  history: readonly HistoryTurn[];
  /** The name of the model that will be asked. */
  model: string;
  count: Count;
  /** Applied to a passage's text and names before it is rendered. */
  hide(text: string): string;
}

/** The request that fits. A passage that does not makes room for a shorter one; with no passages there is nothing to answer from. */
export function chooseContext({ hits, retrieval, request, history, model, count, hide }: ContextInput): Context {
  const promptTokensMax = windowOf(model) - request.maxTokens - count(JSON.stringify(answerSchema)) - schemaTokensMore;
  const bare: ChatRequest = { ...request, passages: [], history: [] };
  const room = promptTokensMax - countPrompt(renderPrompt(bare), count);
  const condensed = condenseHistory(history, Math.max(0, Math.min(historyTokensMax, room * historyShareMax)), count);
  const { wanted, dropped } = wantedHits(hits, retrieval);
  const chosen = fill(wanted, Math.min(passageTokensMax, room - tokensOf(condensed, count)), count, hide);
  const context: Context = {
    request: { ...bare, history: condensed.turns, passages: chosen.passages },
    hits: chosen.hits,
    dropped: [...dropped, ...chosen.left.map(({ chunkId }) => ({ chunkId, reason: "token_budget" as const }))],
    history: { turns: condensed.turns.length, condensed: condensed.condensed, dropped: condensed.dropped },
    budget: { promptTokens: 0, promptTokensMax },
  };
  return within(context, count);
}

/** Parts together can count a few tokens more than apart; what decides is the prompt as it will be sent. */
function within(context: Context, count: Count): Context {
  for (;;) {
    const promptTokens = countPrompt(renderPrompt(context.request), count);
    const last = context.hits.at(-1);
    if (promptTokens <= context.budget.promptTokensMax || !last) return { ...context, budget: { ...context.budget, promptTokens } };
    context.hits.pop();
    context.request = { ...context.request, passages: context.request.passages.slice(0, -1) };
    context.dropped.push({ chunkId: last.chunkId, reason: "token_budget" });
  }
}

/** What orders the model about is left out: it is no source. */
function wantedHits(hits: readonly RetrievalHit[], { topK, minScore }: ContextInput["retrieval"]) {
  const wanted: RetrievalHit[] = [];
  const dropped: Context["dropped"] = [];
  for (const hit of hits) {
    if (hit.scores.fused < minScore) dropped.push({ chunkId: hit.chunkId, reason: "below_floor" });
    else if (ordersTheModel([hit.title, ...hit.headingPath, hit.text].join("\n")))
      dropped.push({ chunkId: hit.chunkId, reason: "suspicious" });
    else if (wanted.length >= topK) dropped.push({ chunkId: hit.chunkId, reason: "over_limit" });
    else wanted.push(hit);
  }
  return { wanted, dropped };
}

/** Passages numbered from 1 in the order of the hits. */
function fill(wanted: readonly RetrievalHit[], tokensMax: number, count: Count, hide: (text: string) => string) {
  const chosen: { passages: PromptPassage[]; hits: RetrievalHit[]; left: RetrievalHit[] } = { passages: [], hits: [], left: [] };
  let room = tokensMax;
  for (const hit of wanted) {
    const passage = {
      index: chosen.hits.length + 1,
      title: hide(hit.title),
      headingPath: hit.headingPath.map(hide),
      text: hide(hit.text),
    };
    const tokens = count(renderPassage(passage));
    if (tokens > room) {
      chosen.left.push(hit);
      continue;
    }
    room -= tokens;
    chosen.hits.push(hit);
    chosen.passages.push(passage);
  }
  return chosen;
}

function tokensOf({ turns }: CondensedHistory, count: Count): number {
  return turns.length === 0
    ? 0
    : countPrompt(
        turns.map(({ role, text }) => ({ role, content: text })),
        count,
      );
}
