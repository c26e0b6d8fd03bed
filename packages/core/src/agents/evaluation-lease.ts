/**
 * Who works on an evaluation: the lease, the fencing token, and each result as it comes.
 *
 * @module
 */
import type { EvaluationResult, GoldenQuestion } from "@axon/contracts/evaluation";
import { evaluation, evaluationResult } from "@axon/db/schema/evaluation";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { workspaceAlive } from "../internal/alive.ts";
import { type EvaluationRow, emitEvaluation, openEvaluation, queueEvaluation } from "./evaluations.ts";
import { readGoldenSet } from "./golden.ts";

/** A worker that has not been heard of for this long is taken for dead. */
const leaseSeconds = 20;
/** A run that broke this many workers in a row, none of which got a question further, is given up. */
const attemptsMax = 6;
/** Calls of the sweepers within the same ten seconds are one job. */
const bucketMs = 10_000;

const leaseEnd = sql`now() + ${leaseSeconds} * interval '1 second'`;
const free = sql`(${evaluation.leaseUntil} is null or ${evaluation.leaseUntil} < now())`;

/** A run in this worker's hands, with the questions that are not tried yet. */
export interface ClaimedEvaluation {
  row: EvaluationRow;
  waiting: { position: number; question: GoldenQuestion }[];
}

/**
 * Takes the run, or gives null: it has ended, or is another worker's, or its workspace was deleted. A run whose questions
 * were changed since it was asked for ends here as `failed`: what it would say is about questions that are no more.
 */
export async function claimEvaluation(ws: WorkspaceCtx, evaluationId: string): Promise<ClaimedEvaluation | null> {
  const [row] = await ws.tx
    .update(evaluation)
    .set({
      state: "running",
      leaseToken: sql`${evaluation.leaseToken} + 1`,
      leaseUntil: leaseEnd,
      attempts: sql`${evaluation.attempts} + 1`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(evaluation.id, evaluationId), inArray(evaluation.state, openEvaluation), free, workspaceAlive(ws)))
    .returning();
  if (!row) return null;
  const { questions, hash } = await readGoldenSet(ws, row.agentId);
  if (hash !== row.questionsHash) return giveUp(ws, row, "The golden questions were changed while they were tried");
  if (row.attempts > attemptsMax) return giveUp(ws, row, "This run has failed too often");
  const tried = await ws.tx
    .select({ position: evaluationResult.position })
    .from(evaluationResult)
    .where(eq(evaluationResult.evaluationId, evaluationId));
  const seen = new Set(tried.map(({ position }) => position));
  return { row, waiting: questions.map((question, position) => ({ position, question })).filter(({ position }) => !seen.has(position)) };
}

/** Prolongs the lease. False when the run was cancelled or given to another. */
export async function renewEvaluation(ws: WorkspaceCtx, held: EvaluationRow): Promise<boolean> {
  const rows = await ws.tx
    .update(evaluation)
    .set({ leaseUntil: leaseEnd, updatedAt: sql`now()` })
    .where(ours(held))
    .returning({ id: evaluation.id });
  return rows.length > 0;
}

/** Keeps a result, and ends the run with the last. Null when the run is no longer this worker's: then nothing was written. */
export async function storeResult(ws: WorkspaceCtx, held: EvaluationRow, result: EvaluationResult): Promise<EvaluationRow | null> {
  const [counted] = await ws.tx
    .update(evaluation)
    .set({
      done: sql`${evaluation.done} + 1`,
      passed: sql`${evaluation.passed} + ${result.passed ? 1 : 0}`,
      attempts: 0,
      leaseUntil: leaseEnd,
      updatedAt: sql`now()`,
    })
    .where(ours(held))
    .returning();
  if (!counted) return null;
  await ws.tx.insert(evaluationResult).values({ workspaceId: ws.workspaceId, evaluationId: held.id, ...result });
  if (counted.done < counted.total) {
    emitEvaluation(ws, counted);
    return counted;
  }
  return endEvaluation(ws, counted, { state: "done" });
}

/** Gives the run back so that others get their turn, or so that the next try need not wait for the lease to run out. */
export async function releaseEvaluation(ws: WorkspaceCtx, held: EvaluationRow, again: boolean): Promise<void> {
  const [row] = await ws.tx.update(evaluation).set({ leaseUntil: null }).where(ours(held)).returning();
  if (row && again) queueEvaluation(ws, row.id, `${row.leaseToken}`);
}

/** Queues a run again whose worker, if it had one, has not been heard of. */
export async function requeueEvaluation(ws: WorkspaceCtx, evaluationId: string, nowMs: number = Date.now()): Promise<void> {
  const [row] = await ws.tx
    .select({ leaseToken: evaluation.leaseToken })
    .from(evaluation)
    .where(and(eq(evaluation.id, evaluationId), inArray(evaluation.state, openEvaluation), free));
  if (row) queueEvaluation(ws, evaluationId, `again-${row.leaseToken}-${Math.floor(nowMs / bucketMs)}`);
}

async function giveUp(ws: WorkspaceCtx, held: EvaluationRow, errorMessage: string): Promise<null> {
  await endEvaluation(ws, held, { state: "failed", errorMessage });
  return null;
}

async function endEvaluation(
  ws: WorkspaceCtx,
  held: EvaluationRow,
  end: Pick<typeof evaluation.$inferInsert, "state" | "errorMessage">,
): Promise<EvaluationRow> {
  const [row] = await ws.tx
    .update(evaluation)
    .set({ ...end, leaseUntil: null, endedAt: sql`now()`, updatedAt: sql`now()` })
    .where(eq(evaluation.id, held.id))
    .returning();
  if (!row) throw new Error("a held evaluation vanished");
  emitEvaluation(ws, row);
  return row;
}

function ours(held: EvaluationRow) {
  return and(eq(evaluation.id, held.id), eq(evaluation.leaseToken, held.leaseToken), inArray(evaluation.state, openEvaluation));
}
