/**
 * How conversations and messages look to callers.
 *
 * @module
 */
import type { Conversation, Message } from "@axon/contracts/conversations";
import { channel, contact, conversation, type message } from "@axon/db/schema/conversations";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";

export type ConversationRow = typeof conversation.$inferSelect;
export type MessageRow = typeof message.$inferSelect;

const withParties = {
  conversation,
  channel: { id: channel.id, kind: channel.kind },
  contact: {
    id: contact.id,
    name: contact.name,
    email: contact.email,
    externalId: contact.externalId,
    verifiedAt: contact.verifiedAt,
    page: contact.page,
  },
};

interface Parties {
  conversation: ConversationRow;
  channel: Conversation["channel"];
  contact: Pick<typeof contact.$inferSelect, "id" | "name" | "email" | "externalId" | "verifiedAt" | "page">;
}

/** Conversations with their channel and contact, ready for a `where`. */
export function selectConversations(ws: WorkspaceCtx) {
  return ws.tx
    .select(withParties)
    .from(conversation)
    .innerJoin(channel, and(eq(channel.workspaceId, conversation.workspaceId), eq(channel.id, conversation.channelId)))
    .innerJoin(contact, and(eq(contact.workspaceId, conversation.workspaceId), eq(contact.id, conversation.contactId)));
}

export function toConversation({ conversation: row, ...parties }: Parties): Conversation {
  const { verifiedAt, page, ...known } = parties.contact;
  return {
    id: row.id,
    channel: parties.channel,
    agentId: row.agentId,
    contact: { ...known, ...(verifiedAt !== null ? { verified: true } : {}), ...(page !== null ? { page } : {}) },
    status: row.status,
    handler: row.handler,
    ...(row.assigneeId !== null ? { assignee: { id: row.assigneeId, name: row.assigneeName ?? "" } } : {}),
    ...(row.handoffReason !== null && row.handoffAt !== null ? { handoff: { reason: row.handoffReason, at: row.handoffAt } } : {}),
    lastEventId: String(row.eventSeq),
    lastMessageAt: row.lastMessageAt,
    createdAt: row.createdAt,
  };
}

export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    conversationId: row.conversationId,
    seq: row.seq,
    author: {
      kind: row.authorKind,
      ...(row.authorId !== null ? { id: row.authorId } : {}),
      ...(row.authorName !== null ? { name: row.authorName } : {}),
    },
    text: row.text,
    visibility: row.visibility,
    attachments: [],
    citations: row.citations,
    confidence: row.confidence,
    ...(row.clientMessageId !== null ? { clientMessageId: row.clientMessageId } : {}),
    createdAt: row.createdAt,
  };
}

/** Refuses with `not_found`. */
export async function readConversation(ws: WorkspaceCtx, conversationId: string): Promise<Conversation> {
  const [row] = await selectConversations(ws).where(eq(conversation.id, conversationId));
  if (!row) throw notFound("conversation");
  return toConversation(row);
}

/** The row, held until this transaction ends: whoever numbers messages or events of a conversation holds it. Refuses with `not_found`. */
export async function lockConversation(ws: WorkspaceCtx, conversationId: string): Promise<ConversationRow> {
  const [row] = await ws.tx.select().from(conversation).where(eq(conversation.id, conversationId)).for("update");
  if (!row) throw notFound("conversation");
  return row;
}
