/**
 * The words on the bus: which topic a conversation or a workspace has, and what a hint says.
 *
 * A hint never carries an event of the log: it says "the log has grown, look", or carries a piece of a reply that is also in
 * the delta buffer, or what is told in passing and may be lost.
 *
 * @module
 */
import type { PassingEvent } from "@axon/contracts/events";
import type { Bus } from "./bus.ts";
import type { ReplyRef } from "./deltas.ts";

export type Hint =
  | { type: "look" }
  | { type: "piece"; replyId: string; index: number; text: string }
  | { type: "passing"; event: PassingEvent }
  | { type: "missed" };

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

/** Tells who follows the stream now, and nobody else ever: that somebody types, or has come or gone. */
export function announcePassing(bus: Bus, to: { workspaceId: string; conversationId?: string }, event: PassingEvent): void {
  const { workspaceId, conversationId } = to;
  const topic = conversationId === undefined ? workspaceTopic(workspaceId) : conversationTopic(workspaceId, conversationId);
  bus.publish(topic, `passing:${JSON.stringify(event)}`);
}

const look: Hint = { type: "look" };

/** Reads a hint. Anything unknown is taken as "look", which is always safe: a newer version may be speaking. */
export function parseHint(payload: string): Hint {
  if (payload === "look") return look;
  if (payload === "") return { type: "missed" };
  if (payload.startsWith("passing:")) return parsePassing(payload.slice("passing:".length));
  const [, replyId, index, text] = /^piece:([^:]*):(\d{1,6}):(.*)$/s.exec(payload) ?? [];
  if (replyId === undefined || index === undefined || text === undefined) return { type: "look" };
  return { type: "piece", replyId, index: Number(index), text };
}

function parsePassing(json: string): Hint {
  try {
    // safe: nobody but our own processes is on the bus, and a kind that a newer one tells of is passed on unread
    return { type: "passing", event: JSON.parse(json) as PassingEvent };
  } catch {
    return look;
  }
}
