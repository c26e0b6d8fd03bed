/**
 * Answering a turn. No connection is held while the model thinks, and twice is as good as once.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import { type JobPayload, type JobRun, wasGivenBack } from "@axon/contracts/jobs";
import { answerQuestion, thresholdOf } from "./answer-question.ts";
import { beginReply, type ClaimedTurn, claimTurn, releaseTurn, renewTurn } from "./claim-turn.ts";
import type { DeltaSink, ReplyDeps } from "./deps.ts";
import { settleTurn } from "./settle-turn.ts";

/** How often a worker says that it lives, and looks whether its turn has been superseded. */
const renewMs = 1_000;
/** A turn that broke this many workers is not given to another: the customer hears from us, and a person is asked. */
const turnAttemptsMax = 6;

/**
 * Carries a turn to its end. Returns quietly when there is nothing to do or when the turn was taken from it; throws for
 * another try when something of ours broke, except on the last try, which ends in a handoff.
 */
export async function generateReply(
  deps: ReplyDeps,
  job: JobPayload<"reply.generate">,
  run: Pick<JobRun, "signal" | "lastAttempt">,
): Promise<void> {
  const claimed = await deps.inWorkspace(job.workspaceId, (ws) => claimTurn(ws, job.turnId));
  if (!claimed) return; // Answered, not due yet, or another worker's: a queue may deliver twice.
  if (!(await deps.inWorkspace(job.workspaceId, (ws) => beginReply(ws, claimed)))) return;
  const sink = deps.openDeltas({ workspaceId: job.workspaceId, conversationId: claimed.conversationId, replyId: claimed.replyId });
  const held = holdTurn(deps, claimed, run.signal);
  try {
    const result =
      claimed.attempts > turnAttemptsMax
        ? gaveUp(deps, claimed, "this turn has failed too often")
        : await think(deps, claimed, sink, held.signal);
    await sink.flush(); // Before the commit: who reads that the reply is complete must be able to read all its pieces.
    await deps.inWorkspace(job.workspaceId, (ws) => settleTurn(ws, claimed, result));
  } catch (error) {
    if (held.lost()) return;
    // A worker that closes gives its turn to another; only what failed for good or took too long ends here.
    if (!wasGivenBack(run.signal) && (run.lastAttempt || run.signal.aborted)) {
      const result = gaveUp(deps, claimed, error instanceof Error ? error.message : "unknown failure");
      await deps.inWorkspace(job.workspaceId, (ws) => settleTurn(ws, claimed, result));
      return;
    }
    await deps.inWorkspace(job.workspaceId, (ws) => releaseTurn(ws, claimed));
    throw error;
  } finally {
    held.release();
    sink.stop();
  }
}

async function think(deps: ReplyDeps, claimed: ClaimedTurn, sink: DeltaSink, signal: AbortSignal): Promise<AnswerResult> {
  for await (const part of answerQuestion(deps, claimed, signal)) {
    if (part.type === "final") return part.result;
    sink.write(part.text);
  }
  throw new Error("an answer ended without a result");
}

interface HeldTurn {
  signal: AbortSignal;
  /** True once the turn has been superseded or given to another worker. */
  lost(): boolean;
  release(): void;
}

function holdTurn(deps: ReplyDeps, claimed: ClaimedTurn, runSignal: AbortSignal): HeldTurn {
  const taken = new AbortController();
  const timer = setInterval(() => {
    deps
      .inWorkspace(claimed.workspaceId, (ws) => renewTurn(ws, claimed))
      .then((ours) => ours || taken.abort(new Error("this turn is no longer ours")))
      .catch(() => {}); // A missed renewal is made up by the next; the lease outlasts several.
  }, renewMs);
  return { signal: AbortSignal.any([runSignal, taken.signal]), lost: () => taken.signal.aborted, release: () => clearInterval(timer) };
}

/** The outcome when no answer could be made: a handoff that says so in its trace. */
function gaveUp(deps: ReplyDeps, claimed: ClaimedTurn, message: string): AnswerResult {
  return {
    action: "handoff",
    text: "",
    citations: [],
    confidence: 0,
    reason: "ai_error",
    trace: {
      provider: deps.provider.name,
      model: claimed.agent.settings.model ?? deps.provider.chat.id,
      agentVersion: claimed.agent.version,
      promptHash: null,
      hits: [],
      tokens: { prompt: 0, completion: 0, estimated: false },
      stagesMs: {},
      confidence: { value: 0, model: deps.provider.confidence.id, inputs: { threshold: thresholdOf(claimed.agent.settings, deps) } },
      citationsRemoved: 0,
      handoffReason: "ai_error",
      error: { code: "internal", message: message.slice(0, 500) },
    },
  };
}
