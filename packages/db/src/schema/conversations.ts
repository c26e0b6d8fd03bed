/**
 * Channels, contacts, conversations, messages, and the turns that answer them.
 *
 * @module
 */
import type { AnswerTrace, Citation } from "@axon/contracts/answers";
import { handoffReasons } from "@axon/contracts/answers";
import type { ChannelSettings } from "@axon/contracts/channels";
import { authorKinds, channelKinds, conversationStatuses, handlers } from "@axon/contracts/conversations";
import { sql } from "drizzle-orm";
import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { agent } from "./agents.ts";
import { authRole, engineRole, instant, tenantPolicy, workspaceId } from "./columns.ts";
import { workspace } from "./workspaces.ts";

export const channel = pgTable(
  "channel",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    kind: text({ enum: channelKinds }).notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    name: text().notNull().default("API"),
    /** The agent that answers here; null on the `api` channel, where every conversation names its own. */
    agentId: uuid(),
    /** What a web page shows to be let in as a visitor. Public: it opens this channel's door and nothing else. */
    publicKey: text().unique(),
    settings: jsonb().$type<ChannelSettings>().notNull().default({}),
    /** Rises with each new identity secret: who was identified by an earlier one must show their identity again. */
    identityVersion: integer().notNull().default(0),
    deletedAt: instant(),
    /** True: no agent answers here; the other half of the switch that stops an agent. */
    aiPaused: boolean().notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex("channel_one_api").on(t.workspaceId).where(sql`kind = 'api'`),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }),
    tenantPolicy("channel"),
    // A visitor does not know the workspace: the row is visible to exactly the one who shows its key.
    pgPolicy("channel_of_visitor", {
      for: "select",
      to: authRole,
      using: sql`public_key = nullif(current_setting('app.public_key', true), '')`,
    }),
    // Whether visitors who hold a live stream may still have it.
    pgPolicy("channel_engine", { for: "select", to: engineRole, using: sql`true` }),
  ],
);

export const contact = pgTable(
  "contact",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    externalId: text(),
    name: text(),
    email: text(),
    /** When a widget first showed the business's signature for `externalId`; null for visitors without a name. */
    verifiedAt: instant(),
    /** The web page on which they last opened the widget. */
    page: text(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex().on(t.workspaceId, t.externalId),
    tenantPolicy("contact"),
    pgPolicy("contact_engine", { for: "select", to: engineRole, using: sql`true` }),
  ],
);

export const conversation = pgTable(
  "conversation",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    channelId: uuid().notNull(),
    agentId: uuid().notNull(),
    contactId: uuid().notNull(),
    status: text({ enum: conversationStatuses }).notNull().default("open"),
    handler: text({ enum: handlers }).notNull().default("ai"),
    assigneeId: uuid(),
    assigneeName: text(),
    handoffReason: text({ enum: handoffReasons }),
    handoffAt: instant(),
    /** Turns in a row that ended without an answer. */
    failedTurns: integer().notNull().default(0),
    /** Rises with everything that makes a reply in the making obsolete: a newer message, a person stepping in. */
    epoch: integer().notNull().default(0),
    /** The last number given to a message, and to an event. Both are gapless because this row is locked to raise them. */
    messageSeq: integer().notNull().default(0),
    eventSeq: integer().notNull().default(0),
    lastMessageAt: instant().notNull().default(sql`now()`),
    createdAt: instant().notNull().default(sql`now()`),
    /** The caller's id of the message that began it: the same `start` again is the same conversation. */
    startKey: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.channelId], foreignColumns: [channel.workspaceId, channel.id] }),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }),
    foreignKey({ columns: [t.workspaceId, t.contactId], foreignColumns: [contact.workspaceId, contact.id] }),
    uniqueIndex().on(t.workspaceId, t.channelId, t.startKey),
    index("conversation_by_recency").on(t.workspaceId, t.lastMessageAt.desc(), t.id.desc()),
    tenantPolicy("conversation"),
    pgPolicy("conversation_engine", { for: "select", to: engineRole, using: sql`true` }),
  ],
);

export const turnStates = ["received", "claimed", "thinking", "settled", "handed_off", "superseded", "failed"] as const;

/** One obligation to answer: a burst of messages, and the one visible reply that ends it. */
export const turn = pgTable(
  "turn",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    conversationId: uuid().notNull(),
    state: text({ enum: turnStates }).notNull().default("received"),
    /** The conversation's epoch when its newest message came; the commit fence compares the two. */
    epoch: integer().notNull(),
    firstSeq: integer().notNull(),
    lastSeq: integer().notNull(),
    /** Not before this: a burst may still be going on. */
    dueAt: instant().notNull(),
    /** Fencing token: raised by each claim, so a worker that was given up cannot commit. */
    leaseToken: integer().notNull().default(0),
    leaseUntil: instant(),
    /** The reply in the making; its deltas are buffered under this id. */
    replyId: uuid(),
    attempts: integer().notNull().default(0),
    createdAt: instant().notNull().default(sql`now()`),
    endedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    // At most one open turn in a conversation: a newer message extends it or supersedes it.
    uniqueIndex("turn_one_open").on(t.workspaceId, t.conversationId).where(sql`state in ('received', 'claimed', 'thinking')`),
    index("turn_open").on(t.dueAt).where(sql`state in ('received', 'claimed', 'thinking')`),
    index().on(t.workspaceId, t.conversationId, t.lastSeq),
    tenantPolicy("turn"),
    pgPolicy("turn_engine", { for: "select", to: engineRole, using: sql`state in ('received', 'claimed', 'thinking')` }),
  ],
);

export const message = pgTable(
  "message",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    conversationId: uuid().notNull(),
    seq: integer().notNull(),
    authorKind: text({ enum: authorKinds }).notNull(),
    authorId: uuid(),
    authorName: text(),
    text: text().notNull(),
    visibility: text({ enum: ["public", "internal"] })
      .notNull()
      .default("public"),
    citations: jsonb().$type<Citation[]>().notNull().default([]),
    confidence: doublePrecision(),
    clientMessageId: text(),
    /** Set on the one reply of a turn. */
    turnId: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    foreignKey({ columns: [t.workspaceId, t.turnId], foreignColumns: [turn.workspaceId, turn.id] }),
    uniqueIndex().on(t.workspaceId, t.conversationId, t.seq),
    uniqueIndex().on(t.workspaceId, t.conversationId, t.clientMessageId),
    uniqueIndex("message_one_reply_per_turn").on(t.workspaceId, t.conversationId, t.turnId),
    tenantPolicy("message"),
  ],
);

/** Why a reply is what it is. One per turn that ran to its end. */
export const replyTrace = pgTable(
  "reply_trace",
  {
    workspaceId: workspaceId(),
    turnId: uuid().notNull(),
    trace: jsonb().$type<AnswerTrace>().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.turnId] }),
    foreignKey({ columns: [t.workspaceId, t.turnId], foreignColumns: [turn.workspaceId, turn.id] }).onDelete("cascade"),
    tenantPolicy("reply_trace"),
  ],
);
