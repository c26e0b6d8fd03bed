/**
 * Runs of an agent's golden questions: asking for one, reading and stopping them. The trying itself is conversations'.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { AgentSettings } from "@axon/contracts/agents";
import type { Page } from "@axon/contracts/common";
import type { Evaluation, EvaluationResult, evaluateInput, listEvaluationsInput, listResultsInput } from "@axon/contracts/evaluation";
import { newId } from "@axon/db/ids";
import { agent } from "@axon/db/schema/agents";
import { evaluation, evaluationResult } from "@axon/db/schema/evaluation";
import { and, asc, desc, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { decodeCursor, isIdKey, isSeqKey, toPage } from "../internal/paging.ts";
import { readGoldenSet } from "./golden.ts";
import { readLive, readSettings, readVersion } from "./view.ts";

export type EvaluationRow = typeof evaluation.$inferSelect;
export const openEvaluation = ["queued", "running"] as const;

/** What the live version got is taken as it is for this long; after that a new draft's run tries it again, knowledge may have changed. */
const baselineMinutes = 60;

/**
 * Has an agent's golden questions tried against its draft or a version, and against the live version beside it, so that
 * the two can be compared. The same settings and questions that are being tried already are that run. Refuses with
 * `not_found`, and with `invalid_state` when there are no golden questions.
 */
export async function startEvaluation(ws: WorkspaceCtx, input: z.output<typeof evaluateInput>, by: string | null): Promise<Evaluation> {
  // Held, so that two who ask at once get the same run.
  const [held] = await ws.tx.select({ id: agent.id }).from(agent).where(eq(agent.id, input.agentId)).for("update");
  if (!held) throw notFound("agent");
  const row = await readLive(ws, input.agentId);
  const live = { version: row.version, settings: readSettings(row.settings) };
  const wanted = await wantedOf(ws, input, row.draft, live);
  const { questions, hash } = await readGoldenSet(ws, input.agentId);
  if (questions.length === 0) throw new Refusal("invalid_state", "This agent has no golden questions");
  const set = { agentId: input.agentId, questionsHash: hash, total: questions.length, by };
  const asked = (await openRun(ws, set, wanted.settings)) ?? (await queueRun(ws, set, wanted));
  if (hashSettings(live.settings) !== asked.settingsHash && !(await hasBaseline(ws, set, live.settings))) await queueRun(ws, set, live);
  return toEvaluation(asked);
}

/** Refuses with `not_found`. */
export async function getEvaluation(ws: WorkspaceCtx, evaluationId: string): Promise<Evaluation> {
  return toEvaluation(await readEvaluation(ws, evaluationId));
}

/** Newest first. Refuses with `not_found` (the agent). */
export async function listEvaluations(ws: WorkspaceCtx, input: z.output<typeof listEvaluationsInput>): Promise<Page<Evaluation>> {
  const before = decodeCursor(input.cursor, isIdKey);
  await readLive(ws, input.agentId);
  const rows = await ws.tx
    .select()
    .from(evaluation)
    .where(and(eq(evaluation.agentId, input.agentId), before ? lt(evaluation.id, before[0]) : undefined))
    .orderBy(desc(evaluation.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toEvaluation, (row) => [row.id]);
}

/** What came out, in the order of the questions; also of a run that is still going on. Refuses with `not_found`. */
export async function listResults(ws: WorkspaceCtx, input: z.output<typeof listResultsInput>): Promise<Page<EvaluationResult>> {
  const after = decodeCursor(input.cursor, isSeqKey);
  await readEvaluation(ws, input.evaluationId);
  const rows = await ws.tx
    .select()
    .from(evaluationResult)
    .where(
      and(
        eq(evaluationResult.evaluationId, input.evaluationId),
        input.failedOnly ? eq(evaluationResult.passed, false) : undefined,
        after ? gt(evaluationResult.position, after[0]) : undefined,
      ),
    )
    .orderBy(asc(evaluationResult.position))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    ({ workspaceId: _, evaluationId: __, ...result }) => result,
    (row) => [row.position],
  );
}

/** Stops a run; one that has ended stays as it is. Its worker notices within seconds. Refuses with `not_found`. */
export async function cancelEvaluation(ws: WorkspaceCtx, evaluationId: string): Promise<Evaluation> {
  const [row] = await ws.tx
    .update(evaluation)
    .set({ state: "cancelled", leaseUntil: null, updatedAt: sql`now()`, endedAt: sql`now()` })
    .where(and(eq(evaluation.id, evaluationId), inArray(evaluation.state, openEvaluation)))
    .returning();
  if (!row) return getEvaluation(ws, evaluationId);
  emitEvaluation(ws, row);
  return toEvaluation(row);
}

/** What names exactly these settings. They have passed the schema, which gives their fields one order. */
export function hashSettings(settings: AgentSettings): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex");
}

/** Has a worker go on with a run. What asks again must name another cause. */
export function queueEvaluation(ws: WorkspaceCtx, evaluationId: string, cause: string): void {
  ws.enqueue("agents.evaluate", { workspaceId: ws.workspaceId, evaluationId }, { key: `evaluate-${evaluationId}-${cause}` });
}

/** Tells live readers where a run stands. */
export function emitEvaluation(ws: WorkspaceCtx, row: EvaluationRow): void {
  const { id, agentId, state, done, total, passed } = row;
  ws.emit({ type: "evaluation.progress", evaluationId: id, agentId, state, done, total, passed });
}

async function readEvaluation(ws: WorkspaceCtx, evaluationId: string): Promise<EvaluationRow> {
  const [row] = await ws.tx.select().from(evaluation).where(eq(evaluation.id, evaluationId));
  if (!row) throw notFound("evaluation");
  return row;
}

interface Wanted {
  /** null: the draft. */
  version: number | null;
  settings: AgentSettings;
}

async function wantedOf(
  ws: WorkspaceCtx,
  { agentId, version }: z.output<typeof evaluateInput>,
  draft: unknown,
  live: { version: number; settings: AgentSettings },
): Promise<Wanted> {
  if (version !== "draft") return { version, settings: readSettings((await readVersion(ws, agentId, version)).settings) };
  return draft === null ? live : { version: null, settings: readSettings(draft) };
}

interface GoldenRun {
  agentId: string;
  questionsHash: string;
  total: number;
  by: string | null;
}

const sameRun = ({ agentId, questionsHash }: GoldenRun, settings: AgentSettings) =>
  and(eq(evaluation.agentId, agentId), eq(evaluation.questionsHash, questionsHash), eq(evaluation.settingsHash, hashSettings(settings)));

async function openRun(ws: WorkspaceCtx, set: GoldenRun, settings: AgentSettings): Promise<EvaluationRow | null> {
  const [row] = await ws.tx
    .select()
    .from(evaluation)
    .where(and(sameRun(set, settings), inArray(evaluation.state, openEvaluation)))
    .limit(1);
  return row ?? null;
}

async function hasBaseline(ws: WorkspaceCtx, set: GoldenRun, settings: AgentSettings): Promise<boolean> {
  const fresh = sql`(${evaluation.state} in ('queued', 'running') or ${evaluation.state} = 'done'
    and ${evaluation.endedAt} > now() - ${baselineMinutes} * interval '1 minute')`;
  const rows = await ws.tx
    .select({ id: evaluation.id })
    .from(evaluation)
    .where(and(sameRun(set, settings), fresh))
    .limit(1);
  return rows.length > 0;
}

async function queueRun(ws: WorkspaceCtx, { by, ...set }: GoldenRun, { version, settings }: Wanted): Promise<EvaluationRow> {
  const id = newId();
  const [row] = await ws.tx
    .insert(evaluation)
    .values({ workspaceId: ws.workspaceId, id, ...set, version, settings, settingsHash: hashSettings(settings), createdBy: by })
    .returning();
  if (!row) throw new Error("an evaluation was not inserted");
  queueEvaluation(ws, id, "new");
  emitEvaluation(ws, row);
  return row;
}

export function toEvaluation(row: EvaluationRow): Evaluation {
  const { id, agentId, version, state, done, total, passed, createdAt, endedAt } = row;
  const passRate = done === 0 ? null : passed / done;
  return { id, agentId, version, state, done, total, passed, passRate, error: row.errorMessage, createdAt, endedAt };
}
