/**
 * Everything that is kept about a person, page by page.
 *
 * A page is bounded by its messages, of which a person may have very many; the rest follows from them. So nothing has to be
 * gathered and kept for somebody to fetch.
 *
 * @module
 */
import type { ContactExport, ExportContactInput, Rating } from "@axon/contracts/contacts";
import { conversation, csat, message } from "@axon/db/schema/conversations";
import { replyOutcome } from "@axon/db/schema/evaluation";
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, toPage } from "../../internal/paging.ts";
import { selectConversations, toConversation, toMessage } from "../view.ts";
import { getContact } from "./view.ts";

/**
 * One page, in the order of their conversations. What members noted among themselves about them is in it: it is about them too.
 * Refuses with `not_found`.
 */
export async function exportContact(ws: WorkspaceCtx, input: ExportContactInput): Promise<ContactExport> {
  const contact = await getContact(ws, input.contactId);
  const after = decodeCursor(input.cursor, isPlace);
  const beyond = after && sql`(${message.conversationId}, ${message.seq}) > (${after[0]}::uuid, ${after[1]}::integer)`;
  const found = await ws.tx
    .select({ message })
    .from(message)
    .innerJoin(conversation, and(eq(conversation.workspaceId, message.workspaceId), eq(conversation.id, message.conversationId)))
    .where(and(eq(conversation.contactId, contact.id), beyond ?? undefined))
    .orderBy(asc(message.conversationId), asc(message.seq))
    .limit(input.limit + 1);
  const rows = found.map((row) => row.message);
  const { items: messages, nextCursor } = toPage(rows, input.limit, toMessage, ({ conversationId, seq }) => [conversationId, seq]);
  const talks = [...new Set(messages.map(({ conversationId }) => conversationId))];
  const conversations = talks.length === 0 ? [] : await selectConversations(ws).where(inArray(conversation.id, talks));
  return {
    exportedAt: new Date().toISOString(),
    contact,
    conversations: conversations.map(toConversation).sort((one, other) => (one.id < other.id ? -1 : 1)),
    messages,
    ratings: await ratingsOf(
      ws,
      messages.map(({ id }) => id),
      talks,
    ),
    attachments: messages.flatMap(({ attachments }) => attachments),
    nextCursor,
  };
}

/** What they said of answers on this page, and of the conversations that have messages on it. */
async function ratingsOf(ws: WorkspaceCtx, messageIds: readonly string[], talks: readonly string[]): Promise<Rating[]> {
  if (messageIds.length === 0) return [];
  const answers = await ws.tx
    .select({ row: replyOutcome, messageId: message.id, conversationId: message.conversationId })
    .from(replyOutcome)
    .innerJoin(message, and(eq(message.workspaceId, replyOutcome.workspaceId), eq(message.turnId, replyOutcome.turnId)))
    .where(and(inArray(message.id, [...messageIds]), eq(replyOutcome.source, "visitor_rating")));
  const talked = await ws.tx
    .select()
    .from(csat)
    .where(inArray(csat.conversationId, [...talks]));
  return [
    ...answers.map(({ row, messageId, conversationId }) => ({
      conversationId,
      messageId,
      outcome: row.outcome,
      comment: row.comment,
      at: row.updatedAt,
    })),
    ...talked.map(({ conversationId, score, comment, createdAt }) => ({ conversationId, score, comment, at: createdAt })),
  ];
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function isPlace(value: unknown): value is readonly [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [id, seq] = value as unknown[];
  return typeof id === "string" && uuidPattern.test(id) && Number.isInteger(seq) && Number(seq) >= 0 && Number(seq) < 2 ** 31;
}
