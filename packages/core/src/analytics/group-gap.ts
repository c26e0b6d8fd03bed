/**
 * Putting a question that nothing answered on the pile of those that ask about the same.
 *
 * @module
 */
import { analyze, queryLexemes } from "@axon/ai/lexical/analyze";
import type { AiProvider } from "@axon/ai/provider";
import { buildQuery } from "@axon/ai/query";
import type { RetrievalQuery } from "@axon/ai/retrieval";
import { readQuestion, topicLikeness } from "@axon/ai/same-question";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { questionGap } from "@axon/db/schema/evaluation";
import { and, eq, sql } from "drizzle-orm";
import type { InWorkspace, WorkspaceCtx } from "../context.ts";
import { embedderInForce, retrieve } from "../knowledge/index.ts";

export interface GapDeps {
  inWorkspace: InWorkspace;
  provider: AiProvider;
}

type GapRow = typeof questionGap.$inferSelect;

/**
 * The likeness from which two questions are on one pile. On stackfaq's dev questions, asked one after the other, 92 in 100
 * that joined a pile so joined one that asks the same; the 63 questions came out as 235 piles instead of 630.
 */
const samePileMin = 0.5;
/** Piles that are compared, the nearest by their vectors. */
const pilesMax = 30;
const lackingMax = 12;

/** Quiet when it was grouped before or is gone. Throws `AiError` for another try. */
export async function groupGap(deps: GapDeps, job: JobPayload<"analytics.group-gap">, run: Pick<JobRun, "signal">): Promise<void> {
  const { workspaceId } = job;
  const { provider } = deps;
  const seen = await deps.inWorkspace(workspaceId, async (ws) => {
    const row = await readUngrouped(ws, job.questionId);
    return row && { row, embedder: await embedderInForce(ws, provider.embedder, provider.embedderOf) };
  });
  if (!seen) return;
  const query = await buildQuery(seen.embedder, seen.row.question, [], { limit: 1, signal: run.signal });
  await deps.inWorkspace(workspaceId, async (ws) => {
    // Two that ask the same at the same time must not begin a pile each.
    await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${workspaceId}:gaps`}, 0))`);
    const row = await readUngrouped(ws, job.questionId);
    if (row) await putOnPile(ws, row, query, seen.embedder.id);
  });
}

async function readUngrouped(ws: WorkspaceCtx, questionId: string): Promise<GapRow | null> {
  const [row] = await ws.tx.select().from(questionGap).where(eq(questionGap.id, questionId));
  return row && row.embedding === null ? row : null;
}

async function putOnPile(ws: WorkspaceCtx, row: GapRow, query: RetrievalQuery, embedder: string): Promise<void> {
  const { corpus } = await retrieve(ws, { ...query, sourceIds: [], embedder });
  const pile = await findPile(ws, row, query, embedder);
  await ws.tx
    .update(questionGap)
    .set({
      gapId: pile?.id ?? row.id,
      // What somebody has waved away stays so, however often it is asked.
      state: pile?.state ?? row.state,
      lacking: lackingWords(row.question, corpus.documentFrequency),
      embedding: [...query.vector],
      embedder,
      updatedAt: sql`now()`,
    })
    .where(eq(questionGap.id, row.id));
}

/** The open or dismissed pile that asks about the same. One that was answered is closed: who asks again found no answer there. */
async function findPile(
  ws: WorkspaceCtx,
  row: GapRow,
  { vector }: RetrievalQuery,
  embedder: string,
): Promise<{ id: string; state: GapRow["state"] } | null> {
  const near = sql<number>`1 - (${questionGap.embedding} <=> ${JSON.stringify([...vector])}::halfvec)`;
  const leaders = await ws.tx
    .select({ id: questionGap.id, question: questionGap.question, state: questionGap.state, cosine: near })
    .from(questionGap)
    .where(
      and(
        sql`${questionGap.id} = ${questionGap.gapId} and ${questionGap.id} <> ${row.id} and ${questionGap.state} in ('open', 'dismissed')`,
        eq(questionGap.embedder, embedder),
      ),
    )
    .orderBy(sql`${near} desc`)
    .limit(pilesMax);
  const asked = readQuestion(row.question);
  let best: { id: string; state: GapRow["state"]; likeness: number } | null = null;
  for (const { id, question, state, cosine } of leaders) {
    const likeness = topicLikeness(asked, readQuestion(question), embedder.startsWith("local:") ? null : cosine);
    if (likeness >= samePileMin && likeness > (best?.likeness ?? 0)) best = { id, state, likeness };
  }
  return best;
}

/** The question's own words of which no chunk has the lexeme. */
function lackingWords(question: string, frequency: Readonly<Record<string, number>>): string[] {
  const missing = new Set(queryLexemes(question).flatMap(({ lexeme }) => ((frequency[lexeme] ?? 0) === 0 ? [lexeme] : [])));
  const words: string[] = [];
  for (const word of question.match(/[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu) ?? []) {
    const lexemes = analyze(word).map(({ lexeme }) => lexeme);
    if (words.length < lackingMax && lexemes.length > 0 && lexemes.every((lexeme) => missing.has(lexeme))) words.push(word.toLowerCase());
  }
  return [...new Set(words)];
}
