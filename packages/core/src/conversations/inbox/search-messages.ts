/**
 * Searching what was said: for people, notes among themselves included. Visitors and agents have no search.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { MessageHit, SearchMessagesInput } from "@axon/contracts/inbox";
import { conversation, message } from "@axon/db/schema/conversations";
import { inArray } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { decodeCursor, encodeCursor, isTimeIdKey } from "../../internal/paging.ts";
import { selectConversations, toConversation, toMessage } from "../view.ts";
import { type FoundMessage, findMessages } from "./find-messages.ts";
import { type Asked, askedFor, snippetOf } from "./words.ts";

/** Messages that have all the words, the newest first. Words that say nothing ("the") are passed over, unless there are no others. */
export async function searchMessages(ws: WorkspaceCtx, { query, limit, cursor }: SearchMessagesInput): Promise<Page<MessageHit>> {
  const after = decodeCursor(cursor, isTimeIdKey);
  const asked = askedFor(ws.workspaceId, query);
  if (asked === null) return { items: [], nextCursor: null };
  const found = await findMessages(ws, asked, after, limit + 1);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: await describe(ws, asked, shown),
    nextCursor: found.length > limit && last !== undefined ? encodeCursor([last.createdAt, last.messageId]) : null,
  };
}

async function describe(ws: WorkspaceCtx, asked: Asked, found: readonly FoundMessage[]): Promise<MessageHit[]> {
  if (found.length === 0) return [];
  const messageIds = found.map(({ messageId }) => messageId);
  const conversationIds = [...new Set(found.map(({ conversationId }) => conversationId))];
  const messages = await ws.tx.select().from(message).where(inArray(message.id, messageIds));
  const conversations = await selectConversations(ws).where(inArray(conversation.id, conversationIds));
  const messageOf = new Map(messages.map((row) => [row.id, row]));
  const conversationOf = new Map(conversations.map((row) => [row.conversation.id, toConversation(row)]));
  return found.flatMap(({ messageId, conversationId }) => {
    const [row, inConversation] = [messageOf.get(messageId), conversationOf.get(conversationId)];
    // Removed between two statements.
    if (!row || !inConversation) return [];
    const { id, seq, author, visibility, createdAt } = toMessage(row);
    return [{ conversation: inConversation, message: { id, seq, author, visibility, createdAt }, snippet: snippetOf(row.text, asked) }];
  });
}
