/**
 * What the hub asks of the event log. The SQL behind it is not this package's to know.
 *
 * All five must read the same current truth (no lagging replica), and every row: who may not see an event is decided
 * after the hub, because a number that is left out looks like a log that was pruned.
 *
 * @module
 */
import type { LoggedEvent } from "@axon/contracts/events";

export interface ConversationRef {
  workspaceId: string;
  conversationId: string;
}

export interface WorkspaceRef {
  workspaceId: string;
}

/** A stream that can be followed: a conversation's, or the workspace's when no conversation is named. */
export interface Topic {
  workspaceId: string;
  conversationId?: string;
}

/** An event and its number in the stream that was asked for. In both kinds of stream the numbers are gapless and follow commits. */
export interface LogRow {
  seq: number;
  event: LoggedEvent;
}

export interface Place {
  /** The highest number in the stream; 0 when it is empty. */
  head: number;
  /** The lowest number still kept; 1 when nothing was ever pruned. */
  oldest: number;
}

export interface ConversationPlace extends Place {
  /** The reply that is being written at `at`: that of the last `reply.*` event up to there, when it is `reply.started`; else null. */
  openReplyId: string | null;
}

export interface EventLog {
  /** Rows with `seq > after`, ascending, at most `limit`. */
  readConversation(ref: ConversationRef, after: number, limit: number): Promise<readonly LogRow[]>;
  /** The same over the workspace's numbers. */
  readWorkspace(ref: WorkspaceRef, after: number, limit: number): Promise<readonly LogRow[]>;
  /** One query, once a subscriber. `at` null means the head. */
  conversationPlace(ref: ConversationRef, at: number | null): Promise<ConversationPlace>;
  workspacePlace(ref: WorkspaceRef): Promise<Place>;
  /** One query a poll for all topics of this process: their heads by `conversationId ?? workspaceId`. A missing one means no news. */
  heads(topics: readonly Topic[]): Promise<ReadonlyMap<string, number>>;
}

/** Rows in one read of the log. */
export const logReadRowsMax = 200;
