/**
 * Giving the questions of approved answers their vectors, of whichever embedder is in force.
 *
 * @module
 */
import type { AiProvider } from "@axon/ai/provider";
import type { JobPayload, JobRun } from "@axon/contracts/jobs";
import { sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { embedderInForce } from "../retrieval/state.ts";

export interface EmbedAnswersDeps extends Pick<KnowledgeDeps, "inWorkspace"> {
  provider: Pick<AiProvider, "embedder" | "embedderOf">;
}

/** Batches of one run; what is left over has the next question find it. */
const batchesMax = 100;

interface Waiting extends Record<string, unknown> {
  answerId: string;
  position: number;
  question: string;
}

/** Twice is once: a question that has its vector is not embedded again. Throws `AiError` for another try. */
export async function embedAnswers(
  deps: EmbedAnswersDeps,
  job: JobPayload<"knowledge.embed-answers">,
  run: Pick<JobRun, "signal">,
): Promise<void> {
  const { provider } = deps;
  const embedder = await deps.inWorkspace(job.workspaceId, (ws) => embedderInForce(ws, provider.embedder, provider.embedderOf));
  for (let batch = 0; batch < batchesMax; batch += 1) {
    const waiting = await deps.inWorkspace(job.workspaceId, (ws) => nextQuestions(ws, embedder.id, embedder.batchMax));
    if (waiting.length === 0) return;
    const vectors = await embedder.embed(
      waiting.map(({ question }) => question),
      { kind: "query", signal: run.signal },
    );
    await deps.inWorkspace(job.workspaceId, (ws) => storeVectors(ws, embedder.id, waiting, vectors));
  }
}

async function nextQuestions(ws: WorkspaceCtx, embedder: string, limit: number): Promise<Waiting[]> {
  return ws.tx.execute<Waiting>(sql`
    select answer_id as "answerId", position, question from approved_question
    where embedder is distinct from ${embedder} order by answer_id, position limit ${limit}`);
}

async function storeVectors(
  ws: WorkspaceCtx,
  embedder: string,
  waiting: readonly Waiting[],
  vectors: readonly Float32Array[],
): Promise<void> {
  const rows = waiting.map(({ answerId, position, question }, place) => {
    const vector = vectors[place];
    if (!vector) throw new Error("the embedder gave fewer vectors than texts");
    return sql`(${answerId}::uuid, ${position}::int, ${question}::text, ${`[${vector.join(",")}]`}::halfvec)`;
  });
  // The question is compared too: it may have been rewritten meanwhile.
  await ws.tx.execute(sql`
    update approved_question q set embedding = fresh.embedding, embedder = ${embedder}
    from (values ${sql.join(rows, sql`, `)}) as fresh (answer_id, position, question, embedding)
    where q.answer_id = fresh.answer_id and q.position = fresh.position and q.question = fresh.question`);
}
