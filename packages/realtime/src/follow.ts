/**
 * One subscriber's way through a stream: durable events by number, and between them the pieces of the reply being written.
 *
 * It pulls. Whatever happens while the subscriber is busy leaves one flag set; when it asks again, it is read on from its place.
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
/** Events in one batch, unless one reply alone has more pieces. */
const batchEventsMax = 1_000;
/** A reply begun this long ago has no pieces left to look for, whatever the clocks of two machines say. */
const replyLongOverMs = 6 * deltasKeptMs;

/** The log could not be read, several times over. The cause is the last error. */
export class StreamBroken extends Error {
  override readonly name = "StreamBroken";
  readonly code = "stream_broken";
}

export interface FollowOptions {
  /** Gives what the stream's followers share, or null when no more streams begin. Called when the first event is asked for: a stream nobody reads costs nothing. */
  enter: () => SharedTopic | null;
  /** Where to go on from; null is the head. */
  after: Position | null;
  signal: AbortSignal;
  /** The ways to end the streams of this process from within; ours is among them while it lasts. */
  endings: Set<() => void>;
  /** Pause between failed reads. */
  retryMs: number;
  now: () => Date;
}

interface WalkOptions extends Omit<FollowOptions, "enter" | "endings"> {
  shared: SharedTopic;
  gate: Gate;
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
export async function* follow({ enter, endings, ...options }: FollowOptions): AsyncGenerator<Tracked> {
  const shared = options.signal.aborted ? null : enter();
  if (!shared) return;
  const ending = new AbortController(); // One for both ways to end.
  const { signal } = ending;
  const end = () => ending.abort();
  const gate = createGate();
  const walk = createWalk({ ...options, signal, shared, gate });
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
  options.signal.addEventListener("abort", end, { once: true });
  endings.add(end);
  try {
    // Hints must be heard before anything is read, or one could fall between the two.
    await unlessAborted(within(shared.ready, busWaitMs, "subscribing to hints"), signal).catch(() => {});
    for (let batch = await walk.arrive(); !signal.aborted; batch = await walk.step()) {
      for (const one of batch) {
        yield one;
        if (signal.aborted) return;
      }
    }
  } finally {
    options.signal.removeEventListener("abort", end);
    endings.delete(end);
    release();
  }
}

/**
 * The place in the stream, and the steps from it. A step gives a batch: the pieces there are, or one read of the log with the
 * pieces that belong before its rows. The batch is all that a slow subscriber holds.
 */
function createWalk({ shared, gate, after, signal, retryMs, now }: WalkOptions) {
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

  async function arrive(): Promise<Tracked[]> {
    const news = shared.news();
    const place = await attempt(() => shared.place(after?.seq ?? null));
    if (!place) return [];
    const kept = after === null || (after.seq <= place.head && after.seq >= place.oldest - 1);
    const replyFits = !after?.reply || after.reply.id === place.openReplyId;
    if (!kept || !replyFits) return await resync();
    seq = after?.seq ?? place.head;
    openReply(place.openReplyId, after?.reply ? after.reply.index + 1 : 0);
    if (seq === place.head) seenNews = news;
    return [];
  }

  /** The place is not in this log, or not any more: says so, and goes on from the head. */
  async function resync(): Promise<Tracked[]> {
    closeReply();
    const place = await attempt(() => shared.place(null));
    if (!place) return [];
    seq = place.head;
    owedHead = 0;
    openReply(place.openReplyId, 0);
    return [{ id: id(), event: { type: "resync", id: crypto.randomUUID(), at: now().toISOString(), ...shared.topic } }];
  }

  async function step(): Promise<Tracked[]> {
    const pieces = await takePieces(0);
    if (pieces.length > 0) return pieces;
    if (!upToDate()) return await takeLog();
    await gate.wait();
    return [];
  }

  /** The pieces there are. Looks in the buffer when it may hold more than is known, or was not read since `asOf`. */
  async function takePieces(asOf: number): Promise<Tracked[]> {
    const reply = open;
    if (!reply) return [];
    if (reply.tail.stale(asOf)) await unlessAborted(reply.tail.settle(asOf), signal);
    if (signal.aborted) return [];
    const batch: Tracked[] = [];
    for (let event = reply.tail.piece(reply.next); event; event = reply.tail.piece(reply.next)) {
      reply.next += 1;
      batch.push({ id: id(), event });
    }
    return batch;
  }

  async function takeLog(): Promise<Tracked[]> {
    const news = shared.news();
    const owed = owedHead;
    const read = await attempt(() => shared.read(seq));
    if (!read) return [];
    if (read.rows.length === 0 && owed > seq) return await resync();
    const batch: Tracked[] = [];
    for (const row of read.rows) {
      // Numbers have no gaps: where one shows, the log was pruned under a reader slower than its keeping.
      if (row.seq !== seq + 1) return [...batch, ...(await resync())];
      batch.push(...(await takeRow(row, read.asOf)));
      if (signal.aborted) return [];
      if (batch.length >= batchEventsMax) return batch;
    }
    if (read.rows.length < logReadRowsMax) seenNews = news;
    return batch;
  }

  async function takeRow(row: LogRow, asOf: number): Promise<Tracked[]> {
    const { event } = row;
    const ends = open !== null && endsReply(event, open.id);
    // What is left of a withdrawn reply is of no use to anyone.
    const batch = ends && event.type !== "reply.completed" ? [] : await takePieces(asOf);
    if (signal.aborted) return [];
    seq = row.seq;
    if (ends) closeReply();
    if (event.type === "reply.started" && shared.topic.conversationId !== undefined && !longOver(event)) openReply(event.replyId, 0);
    batch.push({ id: id(), event });
    return batch;
  }

  /** True when there is nothing to do until someone wakes us. */
  const upToDate = () => seenNews === shared.news() && owedHead <= seq && !open?.tail.stale(0);
  const longOver = (event: LoggedEvent) => now().getTime() - Date.parse(event.at) > replyLongOverMs;

  return {
    arrive,
    step,
    closeReply,
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
