/**
 * What the followers of one stream share in this process: the subscription, the reads of the log, the pieces of open replies.
 *
 * It counts news but queues none of it. A follower that has not seen the latest news reads the log from its own place;
 * those who stand at the same place get the same read.
 *
 * @module
 */
import { unreachable } from "@axon/contracts/events";
import type { Bus } from "./bus.ts";
import type { DeltaBuffer } from "./deltas.ts";
import { conversationTopic, parseHint, workspaceTopic } from "./hints.ts";
import { type ConversationPlace, type EventLog, logReadRowsMax, type Topic } from "./log.ts";
import { createSharedReads, type LogRead } from "./reads.ts";
import { createTail, type Tail } from "./tail.ts";

export interface SharedOptions {
  bus: Bus;
  deltas: DeltaBuffer;
  log: EventLog;
  now: () => Date;
  onError: (error: unknown) => void;
  /** Asks for a poll soon: hints may have been missed. */
  onMissed: () => void;
  /** The last follower has left and the subscription has ended: this topic is over. */
  onEmpty: () => void;
}

/** How a follower is reached. Neither call waits or queues. */
export interface Follower {
  /** "There may be something new." */
  wake(): void;
  /** "The log reaches this far." */
  hearHead(head: number): void;
}

export interface SharedTopic {
  readonly topic: Topic;
  /** Resolves when hints are heard. */
  readonly ready: Promise<void>;
  /** Rises whenever the log may have grown. */
  news(): number;
  /** The poll found this head: tells the followers, and no earlier read is good enough any more. */
  tellHead(head: number): void;
  /** Readers wait for pieces: look in the buffer again, a hint may have been lost. */
  doubtTails(): void;
  read(after: number): Promise<LogRead>;
  place(at: number | null): Promise<ConversationPlace>;
  /** The shared pieces of a reply; give them back with `closeTail`, once. */
  openTail(replyId: string): Tail;
  closeTail(replyId: string): void;
  /** Adds a follower. Gives back the way to leave; leaving twice is leaving once. */
  join(follower: Follower): () => void;
  followers(): number;
}

export function createSharedTopic(topic: Topic, options: SharedOptions): SharedTopic {
  const { bus, deltas, log, now, onError, onMissed, onEmpty } = options;
  const { workspaceId, conversationId } = topic;
  const followers = new Set<Follower>();
  const tails = new Map<string, { tail: Tail; readers: number }>();
  let ticks = 0;
  let news = 0;
  let strangeReplyId: string | null = null;

  const tick = () => ++ticks;

  function wakeAll(): void {
    for (const follower of followers) follower.wake();
  }

  function look(): void {
    news += 1;
    reads.forget();
    wakeAll();
  }

  function hear(payload: string): void {
    const hint = parseHint(payload);
    switch (hint.type) {
      case "look":
        look();
        break;
      case "missed":
        doubtTails();
        onMissed();
        break;
      case "piece":
        hearPiece(hint);
        break;
      default:
        unreachable(hint);
    }
  }

  function hearPiece({ replyId, index, text }: { replyId: string; index: number; text: string }): void {
    const open = tails.get(replyId);
    if (open) {
      open.tail.offer(index, text);
      wakeAll();
    } else if (replyId !== strangeReplyId) {
      // A reply nobody here has read the start of: that hint was lost or is on its way. Once a reply, not once a piece.
      strangeReplyId = replyId;
      look();
    }
  }

  function doubtTails(): void {
    if (tails.size === 0) return;
    for (const { tail } of tails.values()) tail.doubt();
    wakeAll();
  }

  async function readLog(after: number): Promise<LogRead> {
    const rows =
      conversationId === undefined
        ? await log.readWorkspace({ workspaceId }, after, logReadRowsMax)
        : await log.readConversation({ workspaceId, conversationId }, after, logReadRowsMax);
    return { rows, asOf: tick() };
  }

  const reads = createSharedReads(readLog, onError);
  const subscription = bus.subscribe(
    conversationId === undefined ? workspaceTopic(workspaceId) : conversationTopic(workspaceId, conversationId),
    hear,
  );

  return {
    topic,
    ready: subscription.ready,
    news: () => news,
    tellHead(head) {
      reads.forget();
      for (const follower of followers) follower.hearHead(head);
    },
    doubtTails,
    read: reads.after,
    async place(at) {
      if (conversationId !== undefined) return await log.conversationPlace({ workspaceId, conversationId }, at);
      return { ...(await log.workspacePlace({ workspaceId })), openReplyId: null };
    },
    openTail(replyId) {
      if (conversationId === undefined) throw new Error("a workspace stream has no pieces of replies");
      const reply = { workspaceId, conversationId, replyId };
      const open = tails.get(replyId) ?? { tail: createTail({ reply, buffer: deltas, tick, now, onError }), readers: 0 };
      open.readers += 1;
      tails.set(replyId, open);
      return open.tail;
    },
    closeTail(replyId) {
      const open = tails.get(replyId);
      if (!open) return;
      open.readers -= 1;
      if (open.readers === 0) tails.delete(replyId);
    },
    join(follower) {
      followers.add(follower);
      return () => {
        if (!followers.delete(follower) || followers.size > 0) return;
        subscription.stop();
        onEmpty();
      };
    },
    followers: () => followers.size,
  };
}
