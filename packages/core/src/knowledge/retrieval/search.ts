/**
 * Asking the knowledge itself: what would be found, with every score that went into the rank, and what would not, and why.
 *
 * @module
 */
import { passageTokensMax } from "@axon/ai/context";
import { renderPassage } from "@axon/ai/prompt";
import { buildQuery } from "@axon/ai/query";
import type { RetrievalQuery } from "@axon/ai/retrieval";
import { tokenCounter } from "@axon/ai/tokens";
import type { DroppedFromSearch, FoundPassage, SearchDropReason, SearchOutput, searchInput } from "@axon/contracts/knowledge";
import type { z } from "zod";
import { readAgent } from "../../agents/index.ts";
import type { WorkspaceCtx } from "../../context.ts";
import { findApproved } from "../approved/find-approved.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { requireSources } from "../sources/require-source.ts";
import { agentFilter } from "./agent-filter.ts";
import type { Found, FoundHit, RetrieveFilter } from "./input.ts";
import { localeFits } from "./parts.ts";
import { retrieve } from "./retrieve.ts";
import { embedderInForce, readIndex } from "./state.ts";

/** How many passages beyond the limit are looked at, so that what was left out can be told. */
const lookBeyond = 10;

/** Where the search looks and what it keeps. */
interface Scope {
  sourceIds: readonly string[];
  filter: RetrieveFilter;
  minScore: number;
  limit: number;
  /** Null: nobody's prompt, so nothing has to fit. */
  tokensMax: number | null;
}

/** The best passages for a question, and those that were found and left out. Refuses with `not_found` (agent or source). */
export async function search(
  deps: Pick<KnowledgeDeps, "inWorkspace" | "embedder" | "embedderOf">,
  workspaceId: string,
  input: z.output<typeof searchInput>,
  signal: AbortSignal,
): Promise<SearchOutput> {
  const { scope, embedder, big } = await deps.inWorkspace(workspaceId, async (ws) => ({
    scope: await scopeOf(ws, input),
    embedder: await embedderInForce(ws, deps.embedder, deps.embedderOf),
    big: (await readIndex(ws)).big,
  }));
  const history = input.previous === undefined ? [] : [{ role: "user" as const, text: input.previous }];
  const query = await buildQuery(embedder, input.query, history, { limit: input.limit + lookBeyond, signal });
  const [found, all, approved] = await deps.inWorkspace(workspaceId, async (ws) => {
    const asks = { ...scope, embedder: embedder.id, followsUp: history.length > 0 };
    const match = input.agentId === undefined ? null : await findApproved(ws, asks, input.query, query);
    const asked = { ...query, embedder: embedder.id };
    const inScope = await retrieve(ws, { ...asked, sourceIds: scope.sourceIds, filter: scope.filter });
    // In a big workspace what was never searchable would have to be looked for one by one.
    return [inScope, await retrieve(ws, { ...asked, limit: lookBeyond, sourceIds: [], unpublished: !big }), match] as const;
  });
  const { items, dropped } = await sortOut(found, scope);
  return {
    items,
    dropped: [...dropped, ...outOfScope(found, all, scope)],
    explanation: explain(found, query, embedder.id),
    approved: approved && { answerId: approved.answerId, question: approved.question, text: approved.text, score: approved.score },
  };
}

async function scopeOf(ws: WorkspaceCtx, input: z.output<typeof searchInput>): Promise<Scope> {
  if (input.agentId !== undefined) {
    const { retrieval } = (await readAgent(ws, input.agentId)).settings;
    const limit = Math.min(input.limit, retrieval.topK);
    return {
      sourceIds: retrieval.sources,
      filter: agentFilter(retrieval),
      minScore: retrieval.minScore,
      limit,
      tokensMax: passageTokensMax,
    };
  }
  const sourceIds = input.sourceIds ?? [];
  await requireSources(ws, sourceIds);
  const filter = { audience: input.audience ?? ("all" as const), locale: input.locale ?? null, labels: input.labels ?? [] };
  return { sourceIds, filter, minScore: 0, limit: input.limit, tokensMax: null };
}

/** As an answer's prompt is filled: above the floor, up to the number, and what does not fit makes room for a shorter one. */
async function sortOut(
  { hits }: Found,
  { minScore, limit, tokensMax }: Scope,
): Promise<{ items: FoundPassage[]; dropped: DroppedFromSearch[] }> {
  const items: FoundPassage[] = [];
  const dropped: DroppedFromSearch[] = [];
  const count = tokensMax === null ? null : await tokenCounter();
  let room = tokensMax ?? 0;
  for (const [at, hit] of hits.entries()) {
    const tokens = count?.(renderPassage({ ...hit, index: items.length + 1 })) ?? 0;
    if (hit.scores.fused < minScore) dropped.push(toDropped(hit, "below_floor"));
    else if (at >= limit) dropped.push(toDropped(hit, "over_limit"));
    else if (tokens > room) dropped.push(toDropped(hit, "token_budget"));
    else {
      room -= tokens;
      items.push(toPassage(hit));
    }
  }
  return { items, dropped };
}

/** What the whole workspace would have brought and this search may not see. */
function outOfScope(found: Found, all: Found, scope: Scope): DroppedFromSearch[] {
  const seen = new Set(found.hits.map(({ chunkId }) => chunkId));
  return all.hits.flatMap((hit) => {
    const reason = seen.has(hit.chunkId) ? null : whyNot(hit, scope);
    return reason === null ? [] : [toDropped(hit, reason)];
  });
}

function whyNot(hit: FoundHit, { sourceIds, filter }: Scope): SearchDropReason | null {
  if (!hit.searchable) return "not_searchable";
  if (sourceIds.length > 0 && !sourceIds.includes(hit.sourceId)) return "other_source";
  if (filter.audience === "public" && hit.audience !== "public") return "filtered_audience";
  if (filter.locale && hit.locale !== null && !localeFits(hit.locale, filter.locale)) return "filtered_locale";
  if (filter.labels && filter.labels.length > 0 && !filter.labels.some((label) => hit.labels.includes(label))) return "filtered_label";
  return null;
}

function explain({ corpus, how }: Found, { lexemes }: RetrievalQuery, embedder: string): SearchOutput["explanation"] {
  return {
    path: how.path,
    embedder,
    weights: { text: how.textShare, vector: 1 - how.textShare },
    textScoreMax: how.textScoreMax,
    chunks: corpus.chunks,
    lexemes: lexemes.map(({ lexeme, weight }) => ({
      lexeme,
      weight,
      chunks: corpus.documentFrequency[lexeme] ?? 0,
      worth: how.worth[lexeme] ?? 0,
    })),
  };
}

function toPassage(hit: FoundHit): FoundPassage {
  const { chunkId, documentId, sourceId, title, headingPath, text, scores, audience, locale, labels, ranks } = hit;
  const matched = hit.matched.map((lexeme, at) => ({ lexeme, ...(hit.occurrences[at] ?? { times: 0, contribution: 0 }) }));
  const { uri = null } = hit;
  return {
    chunkId,
    documentId,
    sourceId,
    uri,
    title,
    headingPath,
    text,
    score: scores.fused,
    scores,
    audience,
    locale,
    labels,
    ranks,
    matched,
  };
}

function toDropped({ chunkId, documentId, sourceId, title, scores, ranks }: FoundHit, reason: SearchDropReason): DroppedFromSearch {
  return { chunkId, documentId, sourceId, title, score: scores.fused, scores, ranks, reason };
}
