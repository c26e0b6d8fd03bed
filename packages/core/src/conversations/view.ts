/**
 * How conversations and messages look to callers.
 *
 * @module
 */
import type { Conversation, Message } from "@axon/contracts/conversations";
import { fastSelect } from "@axon/db/fast-select";
import { channel, contact, conversation, type message } from "@axon/db/schema/conversations";
import { and, eq, getTableColumns, sql } from "drizzle-orm";
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

const ofChannel = and(eq(channel.workspaceId, conversation.workspaceId), eq(channel.id, conversation.channelId));
const ofContact = and(eq(contact.workspaceId, conversation.workspaceId), eq(contact.id, conversation.contactId));

/** The same columns and joins, for `selectPrepared`. */
export const conversationList = fastSelect(
  { ...withParties, conversation: getTableColumns(conversation) },
  sql`${conversation} inner join ${channel} on ${ofChannel} inner join ${contact} on ${ofContact}`,
);

/** Conversations with their channel and contact, ready for a `where`. */
export function selectConversations(ws: WorkspaceCtx) {
  return ws.tx.select(withParties).from(conversation).innerJoin(channel, ofChannel).innerJoin(contact, ofContact);
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
    priority: row.priority,
    attributes: row.attributes,
    tags: row.tags,
    ...(row.externalId !== null ? { externalId: row.externalId } : {}),
    ...(row.snoozedUntil !== null ? { snoozedUntil: row.snoozedUntil } : {}),
    ...(row.resolvedAt !== null ? { resolvedAt: row.resolvedAt } : {}),
    resolution: row.resolution,
    ...(row.previousId !== null ? { previousId: row.previousId } : {}),
    ...(row.mutedUntil !== null ? { mutedUntil: row.mutedUntil } : {}),
    ...(row.waitingSince !== null ? { waitingSince: row.waitingSince } : {}),
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
    attachments: row.attachments,
    citations: row.citations,
    confidence: row.confidence,
    ...(row.clientMessageId !== null ? { clientMessageId: row.clientMessageId } : {}),
    createdAt: row.createdAt,
    ...(row.automatic ? { automatic: true } : {}),
    ...(row.sentAt !== null ? { sentAt: row.sentAt } : {}),
  };
}

/** Refuses with `not_found`. */
export async function readConversation(ws: WorkspaceCtx, conversationId: string): Promise<Conversation> {
  const [row] = await selectConversations(ws).where(eq(conversation.id, conversationId));
  if (!row) throw notFound("conversation");
  return toConversation(row);
}

/** The same after this transaction has changed it: `lastEventId` counts the events that it is about to write. */
export async function readChanged(ws: WorkspaceCtx, conversationId: string): Promise<Conversation> {
  const read = await readConversation(ws, conversationId);
  return { ...read, lastEventId: String(Number(read.lastEventId) + ws.emitted(conversationId)) };
}

/** The row, held until this transaction ends: whoever numbers messages or events of a conversation holds it. Refuses with `not_found`. */
export async function lockConversation(ws: WorkspaceCtx, conversationId: string): Promise<ConversationRow> {
  const [row] = await ws.tx.select().from(conversation).where(eq(conversation.id, conversationId)).for("update");
  if (!row) throw notFound("conversation");
  return row;
}
