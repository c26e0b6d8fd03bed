/**
 * The gate before publishing: what goes live must do as well on the agent's own golden questions as what is live.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import { evaluation, evaluationResult } from "@axon/db/schema/evaluation";
import { and, asc, desc, eq } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { type EvaluationRow, hashSettings } from "./evaluations.ts";
import { readGoldenSet } from "./golden.ts";
import type { PublishCandidate } from "./publish-agent.ts";

/** Questions that a refusal names. */
const namedMax = 20;

/**
 * An agent without golden questions is published freely. With some, exactly these settings and these questions must have
 * been tried to the end, and so must the live version: refuses with `evaluation_required` otherwise, and with
 * `pass_rate_fell` when fewer were passed than by the live version (`details` has both rates and what is newly failed).
 * Who forces it is not held up; the log of changes says so. Refuses with `forbidden` who forces and may not.
 */
export async function goldenGate(ws: WorkspaceCtx, candidate: PublishCandidate, mayForce: boolean): Promise<void> {
  if (candidate.force && !mayForce) throw new Refusal("forbidden", "Only who holds agents.forcePublish can publish by force");
  if (candidate.force) return;
  const { agentId, settings, live } = candidate;
  const { questions, hash } = await readGoldenSet(ws, agentId);
  if (questions.length === 0) return;
  const tried = await lastRun(ws, agentId, settings, hash);
  const baseline = await lastRun(ws, agentId, live.settings, hash);
  if (tried === null || baseline === null) {
    const what = tried === null ? "These settings have" : "The live version has";
    throw new Refusal("evaluation_required", `${what} not been tried on the agent's golden questions as they are: run agents.evaluate`, {
      questions: questions.length,
      draftTried: tried !== null,
      liveTried: baseline !== null,
    });
  }
  if (tried.passed >= baseline.passed) return;
  throw new Refusal(
    "pass_rate_fell",
    `Only ${tried.passed} of ${tried.total} golden questions are passed, ${baseline.passed} by the live version`,
    {
      passRate: tried.passed / tried.total,
      livePassRate: baseline.passed / baseline.total,
      evaluationId: tried.id,
      liveEvaluationId: baseline.id,
      newlyFailed: await newlyFailed(ws, tried, baseline),
    },
  );
}

/** The newest run to the end of exactly these settings and questions. */
async function lastRun(ws: WorkspaceCtx, agentId: string, settings: AgentSettings, questionsHash: string): Promise<EvaluationRow | null> {
  const [row] = await ws.tx
    .select()
    .from(evaluation)
    .where(
      and(
        eq(evaluation.agentId, agentId),
        eq(evaluation.settingsHash, hashSettings(settings)),
        eq(evaluation.questionsHash, questionsHash),
        eq(evaluation.state, "done"),
      ),
    )
    .orderBy(desc(evaluation.id))
    .limit(1);
  return row ?? null;
}

async function newlyFailed(ws: WorkspaceCtx, tried: EvaluationRow, baseline: EvaluationRow) {
  const before = alias(evaluationResult, "before");
  return ws.tx
    .select({ questionId: evaluationResult.questionId, question: evaluationResult.question, failures: evaluationResult.failures })
    .from(evaluationResult)
    .innerJoin(
      before,
      and(eq(before.questionId, evaluationResult.questionId), eq(before.evaluationId, baseline.id), eq(before.passed, true)),
    )
    .where(and(eq(evaluationResult.evaluationId, tried.id), eq(evaluationResult.passed, false)))
    .orderBy(asc(evaluationResult.position))
    .limit(namedMax);
}
