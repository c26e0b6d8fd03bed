/**
 * Closing questions that the knowledge answers by now: each is searched again as its agent would search, and is answered
 * when confidence reaches the agent's threshold by something that was published after it was last asked.
 *
 * @module
 */
import { retrievalFeatures } from "@axon/ai/confidence/retrieval-features";
import { bareQuestion } from "@axon/ai/intents";
import { queryLexemes } from "@axon/ai/lexical/analyze";
import type { Embedder } from "@axon/ai/provider";
import { buildQuery } from "@axon/ai/query";
import type { RetrievalQuery } from "@axon/ai/retrieval";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { questionGap } from "@axon/db/schema/evaluation";
import { chunk } from "@axon/db/schema/knowledge";
import { and, desc, eq, inArray, max, sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { agentFilter, embedderInForce, retrieve } from "../knowledge/index.ts";
import type { GapDeps } from "./group-gap.ts";

/** Piles that are looked at, those that were asked last first. */
const pilesMax = 100;
/** As many hits as an answer's confidence looks at, and those among which the new knowledge must be. */
const hitsLookedAt = 20;
const bestHits = 3;

interface OpenPile {
  id: string;
  agentId: string;
  question: string;
  embedder: string | null;
  embedding: number[] | null;
  lastAskedAt: string;
}

/** Twice is once: what is answered is not looked at again. */
export async function closeGaps(deps: GapDeps, job: JobPayload<"analytics.close-gaps">, run: Pick<JobRun, "signal">): Promise<void> {
  const { workspaceId } = job;
  const { provider } = deps;
  const { piles, embedder } = await deps.inWorkspace(workspaceId, async (ws) => ({
    piles: await readOpenPiles(ws),
    embedder: await embedderInForce(ws, provider.embedder, provider.embedderOf),
  }));
  for (const pile of piles) {
    run.signal.throwIfAborted();
    const query = await queryOf(pile, embedder, run.signal);
    await deps.inWorkspace(workspaceId, async (ws) => {
      const answeredBy = await findAnswer(ws, deps, pile, query, embedder.id);
      if (answeredBy !== null) await closePile(ws, pile.id, answeredBy);
    });
  }
}

async function readOpenPiles(ws: WorkspaceCtx): Promise<OpenPile[]> {
  const asked = ws.tx
    .select({ gapId: questionGap.gapId, lastAskedAt: max(questionGap.createdAt).as("last_asked_at") })
    .from(questionGap)
    .where(eq(questionGap.state, "open"))
    .groupBy(questionGap.gapId)
    .as("asked");
  const rows = await ws.tx
    .select({
      id: questionGap.id,
      agentId: questionGap.agentId,
      question: questionGap.question,
      embedder: questionGap.embedder,
      embedding: questionGap.embedding,
      lastAskedAt: asked.lastAskedAt,
    })
    .from(asked)
    .innerJoin(questionGap, eq(questionGap.id, asked.gapId))
    .orderBy(desc(asked.lastAskedAt), desc(questionGap.id))
    .limit(pilesMax);
  return rows.map((row) => ({ ...row, lastAskedAt: row.lastAskedAt ?? "" }));
}

/** By the vector that was kept, if the embedder in force made it. */
async function queryOf(
  { question, embedding, embedder: madeBy }: OpenPile,
  embedder: Embedder,
  signal: AbortSignal,
): Promise<RetrievalQuery> {
  if (embedding === null || madeBy !== embedder.id) return buildQuery(embedder, question, [], { limit: hitsLookedAt, signal });
  return { vector: Float32Array.from(embedding), lexemes: queryLexemes(question), limit: hitsLookedAt };
}

/** The document that answers it now and did not then; null when there is none. */
async function findAnswer(
  ws: WorkspaceCtx,
  { provider }: GapDeps,
  pile: OpenPile,
  query: RetrievalQuery,
  embedder: string,
): Promise<string | null> {
  const { settings } = await readAgent(ws, pile.agentId);
  const scope = { sourceIds: settings.retrieval.sources, filter: agentFilter(settings.retrieval), embedder };
  const retrieval = await retrieve(ws, { ...query, ...scope });
  const confidence = provider.confidence.score(retrievalFeatures(bareQuestion(pile.question), query, retrieval));
  if (confidence < (settings.confidenceThreshold ?? provider.confidence.threshold)) return null;
  const best = retrieval.hits.slice(0, bestHits);
  const fresh = await ws.tx
    .select({ id: chunk.id })
    .from(chunk)
    .where(
      and(
        inArray(
          chunk.id,
          best.map(({ chunkId }) => chunkId),
        ),
        sql`${chunk.publishedAt} > ${pile.lastAskedAt}::timestamptz`,
      ),
    );
  const ids = new Set(fresh.map(({ id }) => id));
  return best.find(({ chunkId }) => ids.has(chunkId))?.documentId ?? null;
}

async function closePile(ws: WorkspaceCtx, gapId: string, answeredBy: string): Promise<void> {
  await ws.tx
    .update(questionGap)
    .set({ state: "answered", answeredBy, updatedAt: sql`now()` })
    .where(and(eq(questionGap.gapId, gapId), eq(questionGap.state, "open")));
}
