/**
 * The words on the bus: which topic a conversation or a workspace has, and what a hint says.
 *
 * A hint never carries an event: either "the log has grown, look", or a piece of a reply that is also in the delta buffer.
 *
 * @module
 */
import type { Bus } from "./bus.ts";
import type { ReplyRef } from "./deltas.ts";

export type Hint = { type: "look" } | { type: "piece"; replyId: string; index: number; text: string } | { type: "missed" };

/** The bus topic of one conversation: log news and the pieces of its replies. */
export function conversationTopic(workspaceId: string, conversationId: string): string {
  return `conversation:${workspaceId}:${conversationId}`;
}

/** The bus topic of a workspace: log news only. */
export function workspaceTopic(workspaceId: string): string {
  return `workspace:${workspaceId}`;
}

/** Tells every process that the log has grown. Call it after the commit; lost, it only makes the news late. */
export function announce(bus: Bus, grown: { workspaceId: string; conversationId?: string }): void {
  if (grown.conversationId !== undefined) bus.publish(conversationTopic(grown.workspaceId, grown.conversationId), "look");
  bus.publish(workspaceTopic(grown.workspaceId), "look");
}

/** Sends a piece ahead to the processes that have readers of its conversation, which saves each of them a read of the buffer. */
export function announcePiece(bus: Bus, reply: ReplyRef, index: number, text: string): void {
  bus.publish(conversationTopic(reply.workspaceId, reply.conversationId), `piece:${reply.replyId}:${index}:${text}`);
}

/** Reads a hint. Anything unknown is taken as "look", which is always safe: a newer version may be speaking. */
export function parseHint(payload: string): Hint {
  if (payload === "") return { type: "missed" };
  const [, replyId, index, text] = /^piece:([^:]*):(\d{1,6}):(.*)$/s.exec(payload) ?? [];
  if (replyId === undefined || index === undefined || text === undefined) return { type: "look" };
  return { type: "piece", replyId, index: Number(index), text };
}
