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
/** A place that nobody took over for this long is given back. */
const keptMs = 500;
/** Of a room, what one process keeps without using it. */
const keptShareMax = 1 / 8;
/** Streams that cannot come in are told to try again after this, calls much sooner. */
const streamRetryMs = 5_000;
const callRetryMs = 500;

export function createWorkspaceLoad(limits: Limits, numbers: WorkspaceLoadLimits): WorkspaceLoad {
  const perMinute = (name: string) => ({ name, points: numbers.callsPerMinute, seconds: 60, inAdvance: true });
  const [callsPerMinute, visitorCallsPerMinute] = [perMinute("workspace-calls"), perMinute("workspace-visitor-calls")];

  const places = createPlaces(limits);

  async function count(workspaceId: string, kind: CallKind): Promise<void> {
    const limit = kind === "visitor" ? visitorCallsPerMinute : callsPerMinute;
    const allowance = await limits.take(limit, workspaceId, kind === "model" ? modelCallCost : 1);
    if (!allowance.ok) throw tooMuch("This workspace has made too many calls in this minute", allowance.retryAfterMs);
  }

  return {
    async call(workspaceId, kind) {
      await count(workspaceId, kind);
      const leave = await places.enter(`${kind === "visitor" ? "visitor-calls" : "calls"}:${workspaceId}`, numbers.concurrentCalls);
      if (leave === null) throw tooMuch("This workspace makes too many calls at once", callRetryMs);
      if (kind !== "model") return leave;
      const leaveModel = await places.enter(`model-calls:${workspaceId}`, numbers.concurrentModelCalls);
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
      const place = await stay(limits, `${kind === "visitor" ? "visitor-streams" : "streams"}:${workspaceId}`, numbers.streams);
      if (place === null) throw tooMuch("This workspace has too many live streams", streamRetryMs);
      return onceOnly(place.giveBack);
    },
  };
}

function tooMuch(message: string, retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", message, { retryAfterMs });
}

/** A place in a room, held until it is given back. */
interface Place {
  giveBack(): void;
  idleSinceMs: number;
}

/**
 * Places in rooms, of which this process keeps a few for its next callers: entering and leaving at every call would be two trips
 * at every call. What it keeps it has, so a room never holds more than its limit; what it keeps and does not use, others are
 * without for half a second, which is an eighth of a room at most.
 */
function createPlaces(limits: Limits) {
  const idle = new Map<string, Place[]>();
  let sweeping: NodeJS.Timeout | null = null;

  function sweep(): void {
    const now = performance.now();
    for (const [room, places] of idle) {
      while (places[0] !== undefined && now - places[0].idleSinceMs >= keptMs) places.shift()?.giveBack();
      if (places.length === 0) idle.delete(room);
    }
    sweeping = null;
    if (idle.size > 0) sweepLater();
  }

  function sweepLater(): void {
    if (sweeping === null) sweeping = setTimeout(sweep, keptMs / 2).unref();
  }

  function leave(room: string, max: number, place: Place): void {
    const places = idle.get(room) ?? [];
    if (places.length >= Math.floor(max * keptShareMax)) {
      place.giveBack();
      return;
    }
    place.idleSinceMs = performance.now();
    places.push(place);
    idle.set(room, places);
    sweepLater();
  }

  return {
    /** Gives the way out; null when the room is full. */
    async enter(room: string, max: number): Promise<(() => void) | null> {
      const place = idle.get(room)?.pop() ?? (await stay(limits, room, max));
      return place === null ? null : onceOnly(() => leave(room, max, place));
    },
  };
}

function onceOnly(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

/** Enters a room and stays in it until the place is given back; null when it is full. */
async function stay(limits: Limits, room: string, max: number): Promise<Place | null> {
  const place = randomUUID();
  const leave = await limits.enter(room, max, placeMs, place);
  if (leave === null) return null;
  const staying = setInterval(() => {
    // Late or lost, it costs a place for a moment and no call.
    limits.enter(room, max, placeMs, place).catch(() => {});
  }, placeMs / 3);
  staying.unref();
  return {
    idleSinceMs: 0,
    giveBack: () => {
      clearInterval(staying);
      leave().catch(() => {}); // It lapses by itself.
    },
  };
}
