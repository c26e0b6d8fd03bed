/**
 * What the inbox looks things up by: tags, and the words of messages.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import { foreignKey, index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, tenantPolicy, tsvector, workspaceId } from "./columns.ts";
import { conversation, message } from "./conversations.ts";

/** A conversation's tags, in the order of its last message: `conversation.tags` says the same, for reading. */
export const conversationTag = pgTable(
  "conversation_tag",
  {
    workspaceId: workspaceId(),
    conversationId: uuid().notNull(),
    tag: text().notNull(),
    /** The conversation's, so that the newest with a tag are found without looking at the others. */
    lastMessageAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.conversationId, t.tag] }),
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    index("conversation_tag_by_recency").on(t.workspaceId, t.tag, t.lastMessageAt.desc(), t.conversationId.desc()),
    tenantPolicy("conversation_tag"),
  ],
);

/**
 * The words of a message, apart from it so that reading a thread doesn't carry them along. Every word begins with its workspace's
 * mark: the index that all share is as quick for each as if it were alone there.
 */
export const messageWords = pgTable(
  "message_words",
  {
    workspaceId: workspaceId(),
    messageId: uuid().notNull(),
    conversationId: uuid().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    words: tsvector().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.messageId] }),
    foreignKey({ columns: [t.workspaceId, t.messageId], foreignColumns: [message.workspaceId, message.id] }).onDelete("cascade"),
    index("message_words_by_time").on(t.workspaceId, t.createdAt.desc(), t.messageId.desc()),
    index("message_words_by_conversation").on(t.workspaceId, t.conversationId),
    // Written at once: a list of words that are still to be sorted in would be read through by every search.
    index("message_words_index").using("gin", t.words).with({ fastupdate: false }),
    tenantPolicy("message_words"),
  ],
);
