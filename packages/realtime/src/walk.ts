/**
 * The place in a stream, and the steps from it: durable events by number, and between them the pieces of the reply being written.
 *
 * The order it keeps: `reply.started`, pieces 0..n, then what the settle wrote. Pieces are in the buffer before the settle
 * commits, so reading the log first and the buffer second finds them all, and they are passed on first.
 *
 * A class, as there is one for each idle stream of this process: what waits costs its fields, and no promise.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { LoggedEvent, PassingEvent, StreamEvent } from "@axon/contracts/events";
import { deltasKeptMs } from "./deltas.ts";
import { type LogRow, logReadRowsMax } from "./log.ts";
import { formatPosition, type Position } from "./position.ts";
import type { Tail } from "./tail.ts";
import type { Follower, SharedTopic } from "./topic.ts";

/** An event and the id from which a subscriber can go on after it. */
export interface Tracked {
  id: string;
  event: StreamEvent;
}

/** Failed reads in a row before the stream gives up. The client comes back with its last id. */
const readAttemptsMax = 5;
/** Events in one batch, unless one reply alone has more pieces. */
const batchEventsMax = 1_000;
/** Events told in passing that a busy reader finds when it comes back; more are lost, as they may be. */
const passingMax = 16;
/** A reply begun this long ago has no pieces left to look for, whatever the clocks of two machines say. */
const replyLongOverMs = 6 * deltasKeptMs;
const nothing: readonly Tracked[] = [];

/** The log could not be read, several times over. The cause is the last error. */
export class StreamBroken extends Error {
  override readonly name = "StreamBroken";
  readonly code = "stream_broken";
}

export interface WalkOptions {
  shared: SharedTopic;
  /** Where to go on from; null is the head. */
  after: Position | null;
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

/** A walk hears of news from its making on. A step gives a batch: the pieces there are, or one read of the log with the pieces that belong before its rows. */
export class Walk implements Follower {
  readonly #options: WalkOptions;
  #seq = 0;
  #open: OpenReply | null = null;
  /** The news that the last read to the end has seen. */
  #seenNews = -1;
  /** A head that the poll has told of and that is not reached yet. */
  #owedHead = 0;
  /** What is told in passing and was not passed on yet. */
  #passing: PassingEvent[] | null = null;
  #woken = false;
  #closed = false;
  /** Called when there may be something to do. */
  onNews: (() => void) | null = null;
  /** Called once, when the walk is closed. */
  onClose: (() => void) | null = null;

  constructor(options: WalkOptions) {
    this.#options = options;
    options.shared.join(this);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The place that has been passed on, once all that the last step gave has been. */
  place(): string {
    const open = this.#open;
    return formatPosition({ seq: this.#seq, reply: open && open.next > 0 ? { id: open.id, index: open.next - 1 } : null });
  }

  /** True when a step may give something. */
  busy(): boolean {
    return this.#woken || this.#passing !== null || !this.upToDate();
  }

  /** True when all that is known of has been read. */
  upToDate(): boolean {
    return this.#seenNews === this.#options.shared.news() && this.#owedHead <= this.#seq && !this.#open?.tail.stale(0);
  }

  wake(): void {
    this.#woken = true;
    this.onNews?.();
  }

  hearHead(head: number): void {
    this.#owedHead = head;
    if (head > this.#seq) this.wake();
  }

  hearPassing(event: PassingEvent): void {
    this.#passing ??= [];
    if (this.#passing.length < passingMax) this.#passing.push(event);
    this.wake();
  }

  /** Leaves the stream at once; what is still being read gives nothing. Twice is once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReply();
    this.#options.shared.leave(this);
    this.onNews?.();
    this.onClose?.();
  }

  /** Finds its place. One that the log does not have (any more) gives `resync`, and the walk goes on from the head. */
  async arrive(): Promise<readonly Tracked[]> {
    const { shared, after } = this.#options;
    const news = shared.news();
    const place = await this.#attempt(() => shared.place(after?.seq ?? null));
    if (!place) return nothing;
    const kept = after === null || (after.seq <= place.head && after.seq >= place.oldest - 1);
    const replyFits = !after?.reply || after.reply.id === place.openReplyId;
    if (!kept || !replyFits) return await this.#resync();
    this.#seq = after?.seq ?? place.head;
    this.#openReply(place.openReplyId, after?.reply ? after.reply.index + 1 : 0);
    if (this.#seq === place.head) this.#seenNews = news;
    return nothing;
  }

  /** Nothing when there was nothing to do, or the walk was closed. Throws `StreamBroken` when the log can't be read. */
  step(): Promise<readonly Tracked[]> {
    this.#woken = false;
    if (this.#passing !== null) return Promise.resolve(this.#takePassing());
    if (this.#open !== null) return this.#stepInReply();
    return this.#closed || this.upToDate() ? Promise.resolve(nothing) : this.#takeLog();
  }

  async #stepInReply(): Promise<readonly Tracked[]> {
    const pieces = await this.#takePieces(0);
    return pieces.length > 0 || this.#closed || this.upToDate() ? pieces : await this.#takeLog();
  }

  #closeReply(): void {
    if (this.#open) this.#options.shared.closeTail(this.#open.id);
    this.#open = null;
  }

  #openReply(replyId: string | null, next: number): void {
    this.#closeReply();
    if (replyId !== null && !this.#closed) this.#open = { id: replyId, tail: this.#options.shared.openTail(replyId), next };
  }

  /** Null when the walk was closed. */
  async #attempt<T>(read: () => Promise<T>): Promise<T | null> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        const result = await read();
        return this.#closed ? null : result;
      } catch (cause) {
        if (this.#closed) return null;
        if (attempts >= readAttemptsMax) throw new StreamBroken("the event log cannot be read", { cause });
        await sleep(this.#options.retryMs);
      }
    }
  }

  /** The place is not in this log, or not any more: says so, and goes on from the head. */
  async #resync(): Promise<readonly Tracked[]> {
    const { shared, now } = this.#options;
    this.#closeReply();
    const place = await this.#attempt(() => shared.place(null));
    if (!place) return nothing;
    this.#seq = place.head;
    this.#owedHead = 0;
    this.#openReply(place.openReplyId, 0);
    return [{ id: this.place(), event: { type: "resync", id: crypto.randomUUID(), at: now().toISOString(), ...shared.topic } }];
  }

  /** In no log and without a place of their own: they bear the place that the reader has anyway. */
  #takePassing(): Tracked[] {
    const taken = this.#passing ?? [];
    this.#passing = null;
    return taken.map((event) => ({ id: this.place(), event }));
  }

  /** The pieces there are. Looks in the buffer when it may hold more than is known, or was not read since `asOf`. */
  async #takePieces(asOf: number): Promise<readonly Tracked[]> {
    const reply = this.#open;
    if (!reply) return nothing;
    if (reply.tail.stale(asOf)) await reply.tail.settle(asOf);
    if (this.#closed) return nothing;
    const batch: Tracked[] = [];
    for (let event = reply.tail.piece(reply.next); event; event = reply.tail.piece(reply.next)) {
      reply.next += 1;
      batch.push({ id: this.place(), event });
    }
    return batch;
  }

  async #takeLog(): Promise<readonly Tracked[]> {
    const { shared } = this.#options;
    const news = shared.news();
    const owed = this.#owedHead;
    // The first try without the frame around the others: this is where a server spends its time.
    const read = (await shared.read(this.#seq).catch(() => null)) ?? (await this.#attempt(() => shared.read(this.#seq)));
    if (!read || this.#closed) return nothing;
    if (read.rows.length === 0 && owed > this.#seq) return await this.#resync();
    const batch: Tracked[] = [];
    for (const row of read.rows) {
      // Numbers have no gaps: where one shows, the log was pruned under a reader slower than its keeping.
      if (row.seq !== this.#seq + 1) return [...batch, ...(await this.#resync())];
      if (this.#open !== null) batch.push(...(await this.#piecesBefore(row, read.asOf)));
      if (this.#closed) return nothing;
      this.#takeRow(row);
      batch.push({ id: this.place(), event: row.event });
      if (batch.length >= batchEventsMax) return batch;
    }
    if (read.rows.length < logReadRowsMax) this.#seenNews = news;
    return batch;
  }

  /** What is left of a withdrawn reply is of no use to anyone. */
  async #piecesBefore({ event }: LogRow, asOf: number): Promise<readonly Tracked[]> {
    return this.#ends(event) && event.type !== "reply.completed" ? nothing : await this.#takePieces(asOf);
  }

  #takeRow({ seq, event }: LogRow): void {
    this.#seq = seq;
    if (this.#ends(event)) this.#closeReply();
    const begins = event.type === "reply.started" && this.#options.shared.topic.conversationId !== undefined;
    if (begins && !this.#longOver(event)) this.#openReply(event.replyId, 0);
  }

  #ends(event: LoggedEvent): boolean {
    const ends = event.type === "reply.completed" || event.type === "reply.failed" || event.type === "reply.superseded";
    return ends && event.replyId === this.#open?.id;
  }

  #longOver(event: LoggedEvent): boolean {
    return this.#options.now().getTime() - Date.parse(event.at) > replyLongOverMs;
  }
}
