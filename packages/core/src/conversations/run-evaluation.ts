/**
 * Trying an agent's golden questions, one after the other. Each result is kept as it comes, so a worker that dies loses one
 * question; nothing else is written, and no customer hears of it.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import type { EvaluationResult, GoldenQuestion } from "@axon/contracts/evaluation";
import { type JobPayload, type JobRun, wasGivenBack } from "@axon/contracts/jobs";
import { claimEvaluation, type EvaluationRow, judgeGolden, releaseEvaluation, renewEvaluation, storeResult } from "../agents/index.ts";
import { answerQuestion } from "./answer-question.ts";
import type { ReplyDeps } from "./deps.ts";

type EvaluationDeps = Pick<ReplyDeps, "inWorkspace" | "provider">;

/** How often a worker says that it lives, and looks whether its run was cancelled. */
const renewMs = 3_000;
/** Questions, and milliseconds, after which a run makes room for others and goes to the end of the queue. */
const questionsPerTurn = 50;
const turnMs = 60_000;
/** What is kept of an answer. */
const answerCharsMax = 8_000;

/** Carries a run as far as its turn goes. Quiet when there is nothing to do; throws for another try when something of ours broke. */
export async function runEvaluation(deps: EvaluationDeps, job: JobPayload<"agents.evaluate">, run: Pick<JobRun, "signal">): Promise<void> {
  const { workspaceId } = job;
  const claimed = await deps.inWorkspace(workspaceId, (ws) => claimEvaluation(ws, job.evaluationId));
  if (!claimed) return;
  const lost = new AbortController();
  const timer = setInterval(() => {
    deps
      .inWorkspace(workspaceId, (ws) => renewEvaluation(ws, claimed.row))
      .then((ours) => ours || lost.abort(new Error("this evaluation is no longer ours")))
      .catch(() => {}); // A missed renewal is made up by the next; the lease outlasts several.
  }, renewMs);
  try {
    const signal = AbortSignal.any([run.signal, lost.signal]);
    const ended = await tryQuestions(deps, workspaceId, claimed, signal);
    if (!ended) await deps.inWorkspace(workspaceId, (ws) => releaseEvaluation(ws, claimed.row, true));
  } catch (error) {
    if (lost.signal.aborted) return;
    await deps.inWorkspace(workspaceId, (ws) => releaseEvaluation(ws, claimed.row, wasGivenBack(run.signal)));
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** False when there is more to try. */
async function tryQuestions(
  deps: EvaluationDeps,
  workspaceId: string,
  { row, waiting }: { row: EvaluationRow; waiting: readonly { position: number; question: GoldenQuestion }[] },
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = performance.now() + turnMs;
  let tried = 0;
  for (const { position, question } of waiting) {
    if (tried >= questionsPerTurn || performance.now() > untilMs) return false;
    const result = await tryQuestion(deps, workspaceId, row, { position, question }, signal);
    const kept = await deps.inWorkspace(workspaceId, (ws) => storeResult(ws, row, result));
    if (kept === null) return true; // Cancelled, or another worker's.
    tried += 1;
  }
  return true;
}

async function tryQuestion(
  deps: EvaluationDeps,
  workspaceId: string,
  { agentId, version, settings }: EvaluationRow,
  { position, question }: { position: number; question: GoldenQuestion },
  signal: AbortSignal,
): Promise<EvaluationResult> {
  const fromMs = performance.now();
  const agent = { id: agentId, version: version ?? 0, settings };
  const result = await wholeAnswer(deps, { workspaceId, agent, question: question.question, history: question.history }, signal);
  const { action, text, confidence, reason } = result;
  const failures = judgeGolden(question, { action, text, reason });
  return {
    position,
    questionId: question.id,
    question: question.question,
    passed: failures.length === 0,
    failures,
    action,
    answer: text.slice(0, answerCharsMax),
    confidence,
    reason,
    tookMs: Math.round(performance.now() - fromMs),
  };
}

/** The answer at its end, for those who do not watch it being written. */
export async function wholeAnswer(
  deps: EvaluationDeps,
  asked: Parameters<typeof answerQuestion>[1],
  signal: AbortSignal,
): Promise<AnswerResult> {
  for await (const part of answerQuestion(deps, asked, signal)) if (part.type === "final") return part.result;
  throw new Error("an answer ended without a result");
}
