/**
 * Asking the knowledge itself, with every score that went into the rank.
 *
 * @module
 */
import { buildQuery } from "@axon/ai/query";
import type { RetrievalHit } from "@axon/ai/retrieval";
import type { DroppedPassage, Passage } from "@axon/contracts/answers";
import type { SearchOutput, searchInput } from "@axon/contracts/knowledge";
import type { z } from "zod";
import { readAgent } from "../agents/index.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { retrieve } from "./retrieve.ts";
import { requireSources } from "./sources.ts";

/** How many passages beyond the limit are looked at, so that what was left out can be told. */
const lookBeyond = 10;

/** The best passages for a question, and those that were found and left out. Refuses with `not_found` (agent or source). */
export async function search(
  deps: KnowledgeDeps,
  workspaceId: string,
  input: z.output<typeof searchInput>,
  signal: AbortSignal,
): Promise<SearchOutput> {
  const scope = await deps.inWorkspace(workspaceId, async (ws) => {
    if (input.agentId !== undefined) return (await readAgent(ws, input.agentId)).settings.retrieval;
    await requireSources(ws, input.sourceIds ?? []);
    return { sources: input.sourceIds ?? [], minScore: 0 };
  });
  const query = await buildQuery(deps.embedder, input.query, [], { limit: input.limit + lookBeyond, signal });
  const { hits } = await deps.inWorkspace(workspaceId, (ws) =>
    retrieve(ws, { ...query, sourceIds: scope.sources, embedder: deps.embedder.id }),
  );
  const items: Passage[] = [];
  const dropped: DroppedPassage[] = [];
  for (const hit of hits) {
    if (hit.scores.fused < scope.minScore) dropped.push(toDropped(hit, "below_floor"));
    else if (items.length >= input.limit) dropped.push(toDropped(hit, "over_limit"));
    else items.push(toPassage(hit));
  }
  return { items, dropped };
}

function toPassage({ chunkId, documentId, title, headingPath, text, scores }: RetrievalHit): Passage {
  return { chunkId, documentId, title, headingPath, text, score: scores.fused, scores };
}

function toDropped({ chunkId, documentId, title, scores }: RetrievalHit, reason: DroppedPassage["reason"]): DroppedPassage {
  return { chunkId, documentId, title, score: scores.fused, reason };
}
