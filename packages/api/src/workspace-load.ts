/**
 * How much one workspace may ask of us: calls in a minute, calls at once, and streams. Counted over all servers together.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Limits } from "@axon/contracts/limits";
import { Refusal } from "@axon/core/errors";

/**
 * A call of kind `model` costs model calls: it has a smaller room, and counts as several. Calls of visitors have counters and
 * rooms of their own, as large: however many customers come, those who work there still get in.
 */
export type CallKind = "plain" | "model" | "visitor";
export type StreamKind = "member" | "visitor";

export interface WorkspaceLoadLimits {
  callsPerMinute: number;
  concurrentCalls: number;
  /** Of the concurrent calls, those of kind `model`. */
  concurrentModelCalls: number;
  streams: number;
}

export interface WorkspaceLoad {
  /** Counts a call and gives it a place; the result gives the place back. Refuses with `rate_limited` and `retryAfterMs`. */
  call(workspaceId: string, kind: CallKind): Promise<() => void>;
  /** The same for a stream, which may last. */
  stream(workspaceId: string, kind: StreamKind): Promise<() => void>;
}

const modelCallCost = 5;
/** A killed server's places are free after this; whoever stays longer says so three times in it. */
const placeMs = 15_000;
/** Streams that cannot come in are told to try again after this, calls much sooner. */
const streamRetryMs = 5_000;
const callRetryMs = 500;

export function createWorkspaceLoad(limits: Limits, numbers: WorkspaceLoadLimits): WorkspaceLoad {
  const perMinute = (name: string) => ({ name, points: numbers.callsPerMinute, seconds: 60 });
  const [callsPerMinute, visitorCallsPerMinute] = [perMinute("workspace-calls"), perMinute("workspace-visitor-calls")];

  async function count(workspaceId: string, kind: CallKind): Promise<void> {
    const limit = kind === "visitor" ? visitorCallsPerMinute : callsPerMinute;
    const allowance = await limits.take(limit, workspaceId, kind === "model" ? modelCallCost : 1);
    if (!allowance.ok) throw tooMuch("This workspace has made too many calls in this minute", allowance.retryAfterMs);
  }

  return {
    async call(workspaceId, kind) {
      await count(workspaceId, kind);
      const leave = await stay(limits, `${kind === "visitor" ? "visitor-calls" : "calls"}:${workspaceId}`, numbers.concurrentCalls);
      if (leave === null) throw tooMuch("This workspace makes too many calls at once", callRetryMs);
      if (kind !== "model") return leave;
      const leaveModel = await stay(limits, `model-calls:${workspaceId}`, numbers.concurrentModelCalls);
      if (leaveModel === null) {
        leave();
        throw tooMuch("This workspace asks the model too many things at once", callRetryMs);
      }
      return () => {
        leaveModel();
        leave();
      };
    },
    async stream(workspaceId, kind) {
      const leave = await stay(limits, `${kind === "visitor" ? "visitor-streams" : "streams"}:${workspaceId}`, numbers.streams);
      if (leave === null) throw tooMuch("This workspace has too many live streams", streamRetryMs);
      return leave;
    },
  };
}

function tooMuch(message: string, retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", message, { retryAfterMs });
}

/** Enters a room and stays in it until told to leave; null when it is full. */
async function stay(limits: Limits, room: string, max: number): Promise<(() => void) | null> {
  const place = randomUUID();
  const leave = await limits.enter(room, max, placeMs, place);
  if (leave === null) return null;
  const staying = setInterval(() => {
    // Late or lost, it costs a place for a moment and no call.
    limits.enter(room, max, placeMs, place).catch(() => {});
  }, placeMs / 3);
  staying.unref();
  return () => {
    clearInterval(staying);
    leave().catch(() => {}); // It lapses by itself.
  };
}
