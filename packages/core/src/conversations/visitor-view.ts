/**
 * How a conversation looks from the other side of the widget. What is not written out here stays inside: confidence, trace,
 * internal notes, reasons, and the ids of members, agents and documents.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Conversation, Message } from "@axon/contracts/conversations";
import type { StreamEvent } from "@axon/contracts/events";
import type { VisitorConversation, VisitorEvent, VisitorMessage, VisitorStatus } from "@axon/contracts/widget";
import type { Visitor } from "../channels/index.ts";
import type { ConversationRow } from "./view.ts";

/**
 * The id of the first conversation that a visitor has on a channel, also before it begins: so that whoever listens before the
 * first message hears it, and two first messages at once are in one conversation. It is a UUIDv7 of the contact's time.
 */
export function visitorConversationId({ channelId, contactId }: Pick<Visitor, "channelId" | "contactId">): string {
  const time = contactId.slice(0, 13);
  const hash = createHash("sha256").update(`${channelId}:${contactId}`).digest("hex");
  const variant = "89ab"[Number.parseInt(hash.slice(3, 4), 16) % 4] ?? "8";
  return `${time}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

export function toVisitorConversation(row: Omit<ConversationRow, "workspaceId">): VisitorConversation {
  return {
    id: row.id,
    status: toVisitorStatus(row.status),
    handler: row.handler,
    createdAt: row.createdAt,
    lastMessageAt: row.lastMessageAt,
  };
}

export function toVisitorMessage(message: Message): VisitorMessage {
  const { kind, name } = message.author;
  return {
    id: message.id,
    author: { kind, ...(name !== undefined ? { name } : {}) },
    text: message.text,
    citations: message.citations.map(({ index, title, uri, quote }) => ({ index, title, ...(uri !== undefined ? { uri } : {}), quote })),
    attachments: message.attachments,
    ...(message.clientMessageId !== undefined ? { clientMessageId: message.clientMessageId } : {}),
    createdAt: message.createdAt,
  };
}

/** The event as a visitor of its conversation sees it; null for what is not theirs to see. */
export function toVisitorEvent(event: StreamEvent): VisitorEvent | null {
  const { id, at } = event;
  switch (event.type) {
    case "message.created":
      return event.message.visibility === "public" ? { type: event.type, id, at, message: toVisitorMessage(event.message) } : null;
    case "reply.delta":
      return { type: event.type, id, at, replyId: event.replyId, index: event.index, text: event.text };
    case "reply.completed":
      return { type: event.type, id, at, replyId: event.replyId, messageId: event.messageId, text: event.text };
    case "reply.started":
    case "reply.failed":
    case "reply.superseded":
      return { type: event.type, id, at, replyId: event.replyId };
    case "conversation.updated":
      if (isAmongTheTeam(event)) return null;
      return {
        type: event.type,
        id,
        at,
        status: toVisitorStatus(event.status),
        handler: event.handler,
        ...(event.continuedIn !== undefined ? { continuedIn: event.continuedIn } : {}),
        ...(event.csat !== undefined ? { csat: event.csat } : {}),
      };
    case "resync":
      return { type: event.type, id, at };
    case "typing":
      // That somebody writes, and not who: their name comes with what they have written.
      return event.actor.kind === "contact"
        ? null
        : { type: event.type, id, at, actor: { kind: event.actor.kind }, on: event.on, until: event.until };
    case "presence":
      return null;
    case "conversation.created":
    case "handoff.requested":
    case "contact.updated":
    case "document.progress":
    case "evaluation.progress":
      return null;
    default: {
      // A new kind of event does not compile until somebody has said whether visitors see it; one of a newer version is hidden.
      const unknown: never = event;
      return unknown === undefined ? unknown : null;
    }
  }
}

function toVisitorStatus(status: Conversation["status"]): VisitorStatus {
  return status === "snoozed" ? "open" : status;
}

/** Tags, priority, who has it: nothing that a visitor sees has changed, and when a team works on their conversation is its own affair. */
function isAmongTheTeam({ changes, continuedIn, csat }: Extract<StreamEvent, { type: "conversation.updated" }>): boolean {
  if (changes === undefined || continuedIn !== undefined || csat !== undefined) return false;
  return !("status" in changes) && !("handler" in changes);
}
