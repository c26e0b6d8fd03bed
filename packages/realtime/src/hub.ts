/**
 * How news reaches subscribers: one hub a process, over the log (the truth), the bus (hints) and the delta buffer.
 *
 * Nothing is queued for anyone. Streams that are followed here are listened to and polled; others cost nothing.
 * Who may follow what is decided before the hub is asked.
 *
 * @module
 */
import type { PassingEvent } from "@axon/contracts/events";
import type { Sink } from "@axon/contracts/live-stream";
import type { Bus } from "./bus.ts";
import type { DeltaBuffer } from "./deltas.ts";
import { follow } from "./follow.ts";
import type { ConversationRef, EventLog, Topic, WorkspaceRef } from "./log.ts";
import { createPoll } from "./poll.ts";
import type { Position } from "./position.ts";
import { push } from "./push.ts";
import { SharedTopic } from "./topic.ts";
import type { Tracked } from "./walk.ts";

export interface HubOptions {
  bus: Bus;
  deltas: DeltaBuffer;
  log: EventLog;
  /** How late an event can be whose hint was lost. */
  pollMs?: number;
  /** Told of failed reads; the hub goes on by itself. */
  onError?: (error: unknown) => void;
  now?: () => Date;
}

export interface Hub {
  /**
   * Events of one conversation after a place (null: from the head on, with the pieces of a reply in the making), once each and in order.
   * Ends when the signal aborts or the hub closes. Throws `StreamBroken` when the log stays unreadable.
   */
  conversation(from: ConversationRef & { after: Position | null; signal: AbortSignal }): AsyncGenerator<Tracked>;
  /** Durable events of a whole workspace after a number (null: from the head on). Ids are the workspace's numbers. */
  workspace(from: WorkspaceRef & { after: number | null; signal: AbortSignal }): AsyncGenerator<Tracked>;
  /** The same events, of a conversation or of a workspace, handed to a sink. Gives the way to stop. */
  push(from: Topic & { after: Position | null; sink: Sink }): () => void;
  /** Tells those who follow this stream at this process, and nobody later. */
  tell(topic: Topic, event: PassingEvent): void;
  /** How many streams are followed in this process, and by how many. */
  stats(): { topics: number; followers: number };
  /** Ends every stream, so that a server can drain. Later ones end at once. */
  close(): void;
}

export function createHub(options: HubOptions): Hub {
  const { bus, deltas, log, pollMs = 2_000, onError = () => {}, now = () => new Date() } = options;
  const topics = new Map<string, SharedTopic>();
  const endings = new Set<() => void>();
  let closed = false;
  const poll = createPoll({ topics: () => topics.values(), heads: log.heads, pollMs, onError });

  // Both ids: a conversation asked for under another workspace must not meet its followers.
  const keyOf = ({ workspaceId, conversationId = "" }: Topic) => `${workspaceId}:${conversationId}`;
  const onEmpty = (topic: Topic) => {
    topics.delete(keyOf(topic));
    if (topics.size === 0) poll.stop();
  };
  const shareable = { bus, deltas, log, now, onError, onMissed: poll.nudge, onEmpty };

  function enter(topic: Topic): SharedTopic {
    const key = keyOf(topic);
    const known = topics.get(key);
    if (known) return known;
    const shared = new SharedTopic(topic, shareable);
    topics.set(key, shared);
    poll.start();
    return shared;
  }

  const stream = (topic: Topic, after: Position | null, signal: AbortSignal) =>
    follow({ enter: () => (closed ? null : enter(topic)), after, signal, endings, retryMs: pollMs, now });

  return {
    conversation: ({ workspaceId, conversationId, after, signal }) => stream({ workspaceId, conversationId }, after, signal),
    workspace: ({ workspaceId, after, signal }) => stream({ workspaceId }, after === null ? null : { seq: after, reply: null }, signal),
    push: ({ after, sink, ...topic }) => push({ enter: () => (closed ? null : enter(topic)), after, sink, endings, retryMs: pollMs, now }),
    tell: (topic, event) => topics.get(keyOf(topic))?.tellPassing(event),
    stats() {
      let followers = 0;
      for (const shared of topics.values()) followers += shared.followers();
      return { topics: topics.size, followers };
    },
    close() {
      closed = true;
      for (const end of [...endings]) end();
    },
  };
}
