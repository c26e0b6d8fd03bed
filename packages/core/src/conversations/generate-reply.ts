/**
 * Answering a turn. No connection is held while the model thinks, and twice is as good as once.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import { type JobPayload, type JobRun, wasGivenBack } from "@axon/contracts/jobs";
import { Refusal } from "../errors.ts";
import { answerQuestion, thresholdOf } from "./answer-question.ts";
import { abandonTurn, beginReply, type ClaimedTurn, claimTurn, releaseTurn, renewTurn } from "./claim-turn.ts";
import type { DeltaSink, ReplyClock, ReplyDeps } from "./deps.ts";
import { settleTurn } from "./settle-turn.ts";

/** How often a worker says that it lives, and looks whether its turn has been superseded or its agent switched off. */
const renewMs = 1_000;
/** Without such a look, pieces are shown this long and then kept back: two seconds after a pause nothing leaves, also where the database is slow. */
const showMs = 1_800;
/** A database that takes longer than that to answer keeps a finished reply back no longer than so many times. */
const lastLooksMax = 5;
/** A turn that broke this many workers is not given to another: the customer hears from us, and a person is asked. */
const turnAttemptsMax = 6;

const ownClock: ReplyClock = {
  nowMs: () => performance.now(),
  every(intervalMs, run) {
    const timer = setInterval(() => void run(), intervalMs);
    return () => clearInterval(timer);
  },
};

/**
 * Carries a turn to its end. Returns quietly when there is nothing to do or when the turn was taken from it; throws for
 * another try when something of ours broke, except on the last try, which ends in a handoff.
 */
export async function generateReply(
  deps: ReplyDeps,
  job: JobPayload<"reply.generate">,
  run: Pick<JobRun, "signal" | "lastAttempt">,
): Promise<void> {
  const lookedMs = (deps.clock ?? ownClock).nowMs();
  const claimed = await deps.inWorkspace(job.workspaceId, (ws) => claimTurn(ws, job.turnId));
  if (!claimed) return; // Answered, not due yet, or another worker's: a queue may deliver twice.
  if (!(await deps.inWorkspace(job.workspaceId, (ws) => beginReply(ws, claimed)))) return;
  const sink = deps.openDeltas({ workspaceId: job.workspaceId, conversationId: claimed.conversationId, replyId: claimed.replyId });
  const held = holdTurn(deps, claimed, { runSignal: run.signal, lookedMs, onLost: () => sink.stop() });
  try {
    const result =
      claimed.attempts > turnAttemptsMax ? gaveUp(deps, claimed, "this turn has failed too often") : await think(deps, claimed, sink, held);
    await sink.flush(); // Before the commit: who reads that the reply is complete must be able to read all its pieces.
    await deps.inWorkspace(job.workspaceId, (ws) => settleTurn(ws, claimed, result));
  } catch (error) {
    // Superseded, or its conversation was removed meanwhile: there is nobody to answer any more.
    if (held.lost() || (error instanceof Refusal && error.reason === "not_found")) return;
    // A worker that closes gives its turn to another; only what failed for good or took too long ends here.
    if (!wasGivenBack(run.signal) && (run.lastAttempt || run.signal.aborted)) {
      const result = gaveUp(deps, claimed, error instanceof Error ? error.message : "unknown failure");
      await deps.inWorkspace(job.workspaceId, (ws) => settleTurn(ws, claimed, result));
      return;
    }
    await deps.inWorkspace(job.workspaceId, (ws) => releaseTurn(ws, claimed));
    throw error;
  } finally {
    sink.stop();
    await held.release();
  }
}

async function think(deps: ReplyDeps, claimed: ClaimedTurn, sink: DeltaSink, held: HeldTurn): Promise<AnswerResult> {
  let kept = "";
  for await (const part of answerQuestion(deps, claimed, held.signal)) {
    if (held.lost()) throw new Error("this turn is no longer ours"); // A model that does not listen goes on talking.
    if (part.type === "delta") kept += part.text;
    const ended = part.type === "final";
    if (ended && kept !== "") await held.lookAnew();
    if (kept !== "" && (ended || held.mayShow())) {
      sink.write(kept); // Into nothing, when that look found the turn lost.
      kept = "";
    }
    if (ended) return part.result;
  }
  throw new Error("an answer ended without a result");
}

interface HeldTurn {
  signal: AbortSignal;
  /** True once the turn has been superseded, given to another worker, or ended because its agent was switched off. */
  lost(): boolean;
  /** Whether we have looked lately enough to show more of the reply. */
  mayShow(): boolean;
  /** Looks now, and again when the answer came too late to go by. Never throws. */
  lookAnew(): Promise<void>;
  /** Resolves when nothing of it is under way any more. */
  release(): Promise<void>;
}

interface Holding {
  runSignal: AbortSignal;
  /** When the turn was last seen to be ours, on the clock. */
  lookedMs: number;
  /** Called once, at the moment at which nothing more may be shown. */
  onLost(): void;
}

function holdTurn(deps: ReplyDeps, claimed: ClaimedTurn, { runSignal, lookedMs, onLost }: Holding): HeldTurn {
  const clock = deps.clock ?? ownClock;
  const taken = new AbortController();
  const looks = new Set<Promise<void>>();
  const renew = async () => {
    const startedMs = clock.nowMs();
    const found = await deps.inWorkspace(claimed.workspaceId, (ws) => renewTurn(ws, claimed));
    if (found === "ours") {
      lookedMs = Math.max(lookedMs, startedMs);
      return;
    }
    if (taken.signal.aborted) return;
    onLost();
    taken.abort(new Error("this turn is no longer ours"));
    // At once, and not when the model has noticed: readers take away what they were shown.
    if (found === "paused") await deps.inWorkspace(claimed.workspaceId, (ws) => abandonTurn(ws, claimed));
  };
  const look = () => {
    const running = renew()
      .catch(() => {}) // A missed look is made up by the next; the lease outlasts several.
      .finally(() => looks.delete(running));
    looks.add(running);
    return running;
  };
  const mayShow = () => clock.nowMs() - lookedMs < showMs;
  const stopLooking = clock.every(renewMs, look);
  return {
    signal: AbortSignal.any([runSignal, taken.signal]),
    lost: () => taken.signal.aborted,
    mayShow,
    lookAnew: async () => {
      for (let looks = 0; looks < lastLooksMax && !taken.signal.aborted && (looks === 0 || !mayShow()); looks += 1) await look();
    },
    release: async () => {
      stopLooking();
      await Promise.all(looks);
    },
  };
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
