/**
 * Does an agent's confidence keep its word? Measured on what is known of its own replies, in its own workspace.
 *
 * @module
 */
import type { Judged } from "@axon/ai/confidence/measures";
import { answerPaths } from "@axon/contracts/answers";
import { type Calibration, type CalibrationInput, type OutcomeSource, outcomeSources } from "@axon/contracts/calibration";
import { replyOutcome } from "@axon/db/schema/evaluation";
import { and, count, desc, eq, gte, lt, notInArray } from "drizzle-orm";
import { type AgentDefaults, readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { reliability, sourceWeights } from "./reliability.ts";

/** Outcomes that are read at once, the newest. */
const outcomesMax = 20_000;

/**
 * The reliability curve and what follows from it. Only replies whose score came from the same coefficients as the newest one
 * are measured, and none that was not weighed (small talk, approved answers). Refuses with `not_found`.
 */
export async function calibrateAgent(ws: WorkspaceCtx, input: CalibrationInput, defaults: AgentDefaults): Promise<Calibration> {
  const { settings } = await readAgent(ws, input.agentId);
  const wanted = and(
    eq(replyOutcome.agentId, input.agentId),
    notInArray(replyOutcome.confidenceModel, [...answerPaths]),
    input.from === undefined ? undefined : gte(replyOutcome.createdAt, input.from),
    input.to === undefined ? undefined : lt(replyOutcome.createdAt, input.to),
  );
  const rows = await ws.tx
    .select()
    .from(replyOutcome)
    .where(wanted)
    .orderBy(desc(replyOutcome.createdAt), desc(replyOutcome.id))
    .limit(outcomesMax);
  const [all] =
    rows.length < outcomesMax ? [{ rows: rows.length }] : await ws.tx.select({ rows: count() }).from(replyOutcome).where(wanted);
  const confidenceModel = rows[0]?.confidenceModel ?? null;
  const replies = weighed(rows.filter((row) => row.confidenceModel === confidenceModel));
  const good = replies.filter(({ truth }) => truth).length;
  const threshold = settings.confidenceThreshold ?? defaults.confidenceThreshold;
  return {
    agentId: input.agentId,
    confidenceModel,
    outcomes: {
      ...{ total: replies.length, good, bad: replies.length - good },
      // safe: one entry for each source, from the list of them
      bySource: Object.fromEntries(
        outcomeSources.map((source) => [source, replies.filter((reply) => reply.source === source).length]),
      ) as Record<OutcomeSource, number>,
      otherModels: new Set(rows.flatMap((row) => (row.confidenceModel === confidenceModel ? [] : row.turnId))).size,
      older: Math.max(0, (all?.rows ?? 0) - rows.length),
    },
    ...reliability(replies, { threshold, wantedPrecision: input.wantedPrecision }),
    wantedPrecision: input.wantedPrecision,
  };
}

type Outcome = Pick<typeof replyOutcome.$inferSelect, "turnId" | "source" | "outcome" | "confidence">;

/** Each reply once, by the weightiest word about it. */
function weighed(rows: readonly Outcome[]): (Judged & { source: OutcomeSource })[] {
  const replies = new Map<string, Outcome>();
  const rank = (source: OutcomeSource) => sourceWeights.findIndex(([name]) => name === source);
  for (const row of rows) {
    const before = replies.get(row.turnId);
    if (!before || rank(row.source) < rank(before.source)) replies.set(row.turnId, row);
  }
  const weights = new Map(sourceWeights);
  return [...replies.values()].map(({ source, outcome, confidence }) => ({
    ...{ source, value: confidence, truth: outcome === "good", weight: weights.get(source) ?? 1 },
  }));
}
