/**
 * One subscriber's way through a stream: durable events by number, and between them the pieces of the reply being written.
 *
 * It pulls. Whatever happens while the subscriber is busy leaves one flag set; on its next turn it reads on from its place.
 * The order it keeps: `reply.started`, pieces 0..n, then what the settle wrote. Pieces are in the buffer before the settle
 * commits, so reading the log first and the buffer second finds them all, and they are passed on first.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LoggedEvent, StreamEvent } from "@axon/contracts/events";
import { deltasKeptMs } from "./deltas.ts";
import { type LogRow, logReadRowsMax } from "./log.ts";
import { formatPosition, type Position } from "./position.ts";
import type { Tail } from "./tail.ts";
import type { SharedTopic } from "./topic.ts";
import { createGate, type Gate, unlessAborted, within } from "./waits.ts";

/** An event and the id from which a subscriber can go on after it. */
export interface Tracked {
  id: string;
  event: StreamEvent;
}

/** Longest wait for the bus before the log is read anyway; the poll mends what is missed. */
const busWaitMs = 500;
/** Failed reads in a row before the stream gives up. The client comes back with its last id. */
const readAttemptsMax = 5;
/** A reply begun this long ago has no pieces left to look for, whatever the clocks of two machines say. */
const replyLongOverMs = 6 * deltasKeptMs;

/** The log could not be read, several times over. The cause is the last error. */
export class StreamBroken extends Error {
  override readonly name = "StreamBroken";
  readonly code = "stream_broken";
}

export interface FollowOptions {
  shared: SharedTopic;
  /** Where to go on from; null is the head. */
  after: Position | null;
  signal: AbortSignal;
  /** Pause between failed reads. */
  retryMs: number;
  now: () => Date;
}

interface OpenReply {
  id: string;
  tail: Tail;
  /** The number of the next piece to pass on. */
  next: number;
}

/**
 * Every event after `after`, once each and in order, until the signal aborts. A place that the log does not have (any more)
 * gives `resync` and goes on from the head. Throws `StreamBroken` when the log cannot be read.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Tracked> {
  const { shared, signal } = options;
  const gate = createGate();
  const walk = createWalk(options);
  const leave = shared.join({
    wake: gate.wake,
    hearHead(head) {
      if (walk.owes(head)) gate.wake();
    },
  });
  // On the signal at once, not when the subscriber next asks: one that is gone may never ask again.
  const release = () => {
    leave();
    walk.closeReply();
    gate.wake();
  };
  signal.addEventListener("abort", release, { once: true });
  try {
    // Hints must be heard before anything is read, or one could fall between the two.
    await unlessAborted(within(shared.ready, busWaitMs, "subscribing to hints"), signal).catch(() => {});
    yield* walk.arrive();
    yield* onward(walk, gate, signal);
  } finally {
    signal.removeEventListener("abort", release);
    release();
  }
}

async function* onward(walk: Walk, gate: Gate, signal: AbortSignal): AsyncGenerator<Tracked> {
  while (!signal.aborted) {
    yield* walk.passPieces(0);
    if (walk.upToDate()) await gate.wait();
    else yield* walk.passLog();
  }
}

type Walk = ReturnType<typeof createWalk>;

function createWalk({ shared, after, signal, retryMs, now }: FollowOptions) {
  let seq = 0;
  let open: OpenReply | null = null;
  /** The news that the last read to the end has seen. */
  let seenNews = -1;
  /** A head that the poll has told of and that is not reached yet. */
  let owedHead = 0;

  const id = () => formatPosition({ seq, reply: open && open.next > 0 ? { id: open.id, index: open.next - 1 } : null });

  function closeReply(): void {
    if (open) shared.closeTail(open.id);
    open = null;
  }

  function openReply(replyId: string | null, next: number): void {
    closeReply();
    if (replyId !== null) open = { id: replyId, tail: shared.openTail(replyId), next };
  }

  /** Null when the signal aborted. */
  async function attempt<T>(read: () => Promise<T>): Promise<T | null> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await unlessAborted(read(), signal);
      } catch (cause) {
        if (attempts >= readAttemptsMax) throw new StreamBroken("the event log cannot be read", { cause });
        await sleep(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async function* arrive(): AsyncGenerator<Tracked> {
    const news = shared.news();
    const place = await attempt(() => shared.place(after?.seq ?? null));
    if (!place) return;
    const kept = after === null || (after.seq <= place.head && after.seq >= place.oldest - 1);
    const replyFits = !after?.reply || after.reply.id === place.openReplyId;
    if (!kept || !replyFits) return yield* resync();
    seq = after?.seq ?? place.head;
    openReply(place.openReplyId, after?.reply ? after.reply.index + 1 : 0);
    if (seq === place.head) seenNews = news;
  }

  /** The place is not in this log, or not any more: says so, and goes on from the head. */
  async function* resync(): AsyncGenerator<Tracked> {
    closeReply();
    const place = await attempt(() => shared.place(null));
    if (!place) return;
    seq = place.head;
    owedHead = 0;
    openReply(place.openReplyId, 0);
    yield { id: id(), event: { type: "resync", id: crypto.randomUUID(), at: now().toISOString(), ...shared.topic } };
  }

  /** The pieces there are. Looks in the buffer when it may hold more than is known, or was not read since `asOf`. */
  async function* passPieces(asOf: number): AsyncGenerator<Tracked> {
    const reply = open;
    if (!reply) return;
    if (reply.tail.stale(asOf)) await unlessAborted(reply.tail.settle(asOf), signal);
    for (let event = reply.tail.piece(reply.next); event && !signal.aborted; event = reply.tail.piece(reply.next)) {
      reply.next += 1;
      yield { id: id(), event };
    }
  }

  async function* passLog(): AsyncGenerator<Tracked> {
    const news = shared.news();
    const owed = owedHead;
    const batch = await attempt(() => shared.read(seq));
    if (!batch) return;
    if (batch.rows.length === 0 && owed > seq) return yield* resync();
    for (const row of batch.rows) {
      // Numbers have no gaps: where one shows, the log was pruned under a reader slower than its keeping.
      if (row.seq !== seq + 1) return yield* resync();
      yield* passRow(row, batch.asOf);
      if (signal.aborted) return;
    }
    if (batch.rows.length < logReadRowsMax) seenNews = news;
  }

  async function* passRow(row: LogRow, asOf: number): AsyncGenerator<Tracked> {
    const { event } = row;
    const ends = open !== null && endsReply(event, open.id);
    // What is left of a withdrawn reply is of no use to anyone.
    if (!ends || event.type === "reply.completed") yield* passPieces(asOf);
    if (signal.aborted) return;
    seq = row.seq;
    if (ends) closeReply();
    if (event.type === "reply.started" && shared.topic.conversationId !== undefined && !longOver(event)) openReply(event.replyId, 0);
    yield { id: id(), event };
  }

  const longOver = (event: LoggedEvent) => now().getTime() - Date.parse(event.at) > replyLongOverMs;

  return {
    arrive,
    passPieces,
    passLog,
    closeReply,
    /** True when there is nothing to do until someone wakes us. */
    upToDate: () => seenNews === shared.news() && owedHead <= seq && !open?.tail.stale(0),
    /** Takes note of a head; true when it is not reached yet. */
    owes(head: number): boolean {
      owedHead = head;
      return head > seq;
    },
  };
}

function endsReply(event: LoggedEvent, replyId: string): boolean {
  const ends = event.type === "reply.completed" || event.type === "reply.failed" || event.type === "reply.superseded";
  return ends && event.replyId === replyId;
}
