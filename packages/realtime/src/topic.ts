/**
 * What the followers of one stream share in this process: the subscription, the reads of the log, the pieces of open replies.
 *
 * It counts news but queues none of it. A follower that has not seen the latest news reads the log from its own place;
 * those who stand at the same place get the same read.
 *
 * @module
 */
import { type PassingEvent, unreachable } from "@axon/contracts/events";
import type { Bus, Subscription } from "./bus.ts";
import type { DeltaBuffer } from "./deltas.ts";
import { conversationTopic, parseHint, workspaceTopic } from "./hints.ts";
import type { Lead } from "./lead.ts";
import { type ConversationPlace, type EventLog, logReadRowsMax, type Topic } from "./log.ts";
import { type LogRead, SharedReads } from "./reads.ts";
import { createTail, type Tail } from "./tail.ts";

/** What all streams of a process share. */
export interface SharedOptions {
  bus: Bus;
  deltas: DeltaBuffer;
  log: EventLog;
  now: () => Date;
  onError: (error: unknown) => void;
  /** Asks for a poll soon: hints may have been missed. */
  onMissed: () => void;
  /** The last follower has left and the subscription has ended: this topic is over. */
  onEmpty: (topic: Topic) => void;
}

/** How a follower is reached. None of these waits or queues. */
export interface Follower {
  /** "There may be something new." */
  wake(): void;
  /** "The log reaches this far." */
  hearHead(head: number): void;
  /** "This is so now." It is in no log. */
  hearPassing(event: PassingEvent): void;
}

export class SharedTopic {
  readonly topic: Topic;
  /** Resolves when hints are heard. */
  readonly ready: Promise<void>;
  /** Who tells those that stand at the head; null while nobody does. */
  lead: Lead | null = null;
  readonly #options: SharedOptions;
  readonly #subscription: Subscription;
  readonly #reads: SharedReads;
  readonly #followers = new Set<Follower>();
  #tails: Map<string, { tail: Tail; readers: number }> | null = null;
  #ticks = 0;
  #news = 0;
  #strangeReplyId: string | null = null;

  constructor(topic: Topic, options: SharedOptions) {
    const { workspaceId, conversationId } = topic;
    this.topic = topic;
    this.#options = options;
    this.#reads = new SharedReads((after) => this.#readLog(after), options.onError);
    const name = conversationId === undefined ? workspaceTopic(workspaceId) : conversationTopic(workspaceId, conversationId);
    this.#subscription = options.bus.subscribe(name, (payload) => this.#hear(payload));
    this.ready = this.#subscription.ready;
  }

  /** Rises whenever the log may have grown. */
  news(): number {
    return this.#news;
  }

  /** The poll found this head: tells the followers, and no earlier read is good enough any more. */
  tellHead(head: number): void {
    this.#reads.forget();
    for (const follower of this.#followers) follower.hearHead(head);
  }

  /** Passes on what is so now, to whoever follows now. */
  tellPassing(event: PassingEvent): void {
    for (const follower of this.#followers) follower.hearPassing(event);
  }

  /** Readers wait for pieces: look in the buffer again, a hint may have been lost. */
  doubtTails(): void {
    if (this.#tails === null || this.#tails.size === 0) return;
    for (const { tail } of this.#tails.values()) tail.doubt();
    this.#wakeAll();
  }

  read(after: number): Promise<LogRead> {
    return this.#reads.after(after);
  }

  async place(at: number | null): Promise<ConversationPlace> {
    const { workspaceId, conversationId } = this.topic;
    if (conversationId !== undefined) return await this.#options.log.conversationPlace({ workspaceId, conversationId }, at);
    return { ...(await this.#options.log.workspacePlace({ workspaceId })), openReplyId: null };
  }

  /** The shared pieces of a reply; give them back with `closeTail`, once. */
  openTail(replyId: string): Tail {
    const { workspaceId, conversationId } = this.topic;
    if (conversationId === undefined) throw new Error("a workspace stream has no pieces of replies");
    const { deltas: buffer, now, onError } = this.#options;
    this.#tails ??= new Map();
    const reply = { workspaceId, conversationId, replyId };
    const open = this.#tails.get(replyId) ?? { tail: createTail({ reply, buffer, tick: () => ++this.#ticks, now, onError }), readers: 0 };
    open.readers += 1;
    this.#tails.set(replyId, open);
    return open.tail;
  }

  closeTail(replyId: string): void {
    const open = this.#tails?.get(replyId);
    if (!open) return;
    open.readers -= 1;
    if (open.readers === 0) this.#tails?.delete(replyId);
  }

  join(follower: Follower): void {
    this.#followers.add(follower);
  }

  /** Leaving twice is leaving once. */
  leave(follower: Follower): void {
    if (!this.#followers.delete(follower) || this.#followers.size > 0) return;
    this.#subscription.stop();
    this.#options.onEmpty(this.topic);
  }

  followers(): number {
    return this.#followers.size + (this.lead === null ? 0 : this.lead.size - 1);
  }

  #wakeAll(): void {
    for (const follower of this.#followers) follower.wake();
  }

  #look(): void {
    this.#news += 1;
    this.#reads.forget();
    this.#wakeAll();
  }

  #hear(payload: string): void {
    const hint = parseHint(payload);
    switch (hint.type) {
      case "look":
        this.#look();
        break;
      case "missed":
        this.doubtTails();
        this.#options.onMissed();
        break;
      case "piece":
        this.#hearPiece(hint);
        break;
      case "passing":
        this.tellPassing(hint.event);
        break;
      default:
        unreachable(hint);
    }
  }

  #hearPiece({ replyId, index, text }: { replyId: string; index: number; text: string }): void {
    const open = this.#tails?.get(replyId);
    if (open) {
      open.tail.offer(index, text);
      this.#wakeAll();
    } else if (replyId !== this.#strangeReplyId) {
      // A reply nobody here has read the start of: that hint was lost or is on its way. Once a reply, not once a piece.
      this.#strangeReplyId = replyId;
      this.#look();
    }
  }

  async #readLog(after: number): Promise<LogRead> {
    const { workspaceId, conversationId } = this.topic;
    const { log } = this.#options;
    const rows =
      conversationId === undefined
        ? await log.readWorkspace({ workspaceId }, after, logReadRowsMax)
        : await log.readConversation({ workspaceId, conversationId }, after, logReadRowsMax);
    return { rows, asOf: ++this.#ticks };
  }
}
