/**
 * Channels, contacts, conversations, messages, and the turns that answer them.
 *
 * @module
 */
import type { AnswerTrace, Citation } from "@axon/contracts/answers";
import { handoffReasons } from "@axon/contracts/answers";
import type { AttachedFile } from "@axon/contracts/attachments";
import type { ChannelSettings } from "@axon/contracts/channels";
import { authorKinds, channelKinds, conversationPriorities, conversationStatuses, handlers } from "@axon/contracts/conversations";
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
    /** Out of the settings, for whoever looks for quiet conversations: it may not read what else is set. */
    autoResolveMinutes: integer().generatedAlwaysAs(sql`(settings->'autoResolve'->>'afterMinutes')::integer`),
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
    phone: text(),
    /** BCP 47. */
    locale: text(),
    attributes: jsonb().$type<Record<string, string | number | boolean>>().notNull().default({}),
    /** Who this contact turned out to be: never one that was itself merged into another. */
    mergedInto: uuid(),
    /** When their data was ordered to be erased; nothing personal is left in the row. */
    erasedAt: instant(),
    /** What a list is searched by. Columns, because a fenced table can't use an index over a function of ours. */
    nameKey: text().generatedAlwaysAs(sql`lower(name)`),
    emailKey: text().generatedAlwaysAs(sql`lower(email)`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex().on(t.workspaceId, t.externalId),
    // The ids of who was merged go with who they are.
    foreignKey({ columns: [t.workspaceId, t.mergedInto], foreignColumns: [t.workspaceId, t.id] }).onDelete("cascade"),
    index("contact_by_name").on(t.workspaceId, t.nameKey.asc().op("text_pattern_ops")),
    index("contact_by_email").on(t.workspaceId, t.emailKey.asc().op("text_pattern_ops")),
    index("contact_by_phone").on(t.workspaceId, t.phone.asc().op("text_pattern_ops")),
    index("contact_merged").on(t.workspaceId, t.mergedInto).where(sql`merged_into is not null`),
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
    priority: text({ enum: conversationPriorities }).notNull().default("normal"),
    /** What the team keeps about it, under names of its own. */
    attributes: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** When it wakes; null unless it is snoozed. */
    snoozedUntil: instant(),
    /** When it was resolved; null unless it is. */
    resolvedAt: instant(),
    /** How often it has been resolved: what is said of one resolution bears its number. */
    resolution: integer().notNull().default(0),
    /** The talk is read from behind this message on: what was before is another matter. */
    boundarySeq: integer().notNull().default(0),
    /** The conversation that this one goes on from. No foreign key: that one may be removed by age. */
    previousId: uuid(),
    /** Until then no agent answers here: it was talking to a machine. */
    mutedUntil: instant(),
    /** Since when the customer has been waiting for an answer; null when nothing of theirs is unanswered. */
    waitingSince: instant(),
    /** Normalised and in alphabetical order. `conversation_tag` says the same, for finding them. */
    tags: text().array().notNull().default(sql`'{}'::text[]`),
    /** The caller's own id of a conversation that was brought from elsewhere: the same id is the same conversation. */
    externalId: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.channelId], foreignColumns: [channel.workspaceId, channel.id] }),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }),
    foreignKey({ columns: [t.workspaceId, t.contactId], foreignColumns: [contact.workspaceId, contact.id] }),
    uniqueIndex().on(t.workspaceId, t.channelId, t.startKey),
    index("conversation_by_recency").on(t.workspaceId, t.lastMessageAt.desc(), t.id.desc()),
    uniqueIndex("conversation_imported").on(t.workspaceId, t.externalId),
    // One for each way of narrowing the inbox, in its order: the newest are found without looking at the others.
    index("conversation_by_status").on(t.workspaceId, t.status, t.lastMessageAt.desc(), t.id.desc()),
    index("conversation_by_handler").on(t.workspaceId, t.handler, t.lastMessageAt.desc(), t.id.desc()),
    index("conversation_by_channel").on(t.workspaceId, t.channelId, t.lastMessageAt.desc(), t.id.desc()),
    index("conversation_by_agent").on(t.workspaceId, t.agentId, t.lastMessageAt.desc(), t.id.desc()),
    index("conversation_by_priority").on(t.workspaceId, t.priority, t.status, t.lastMessageAt.desc(), t.id.desc()),
    index("conversation_by_assignee")
      .on(t.workspaceId, t.assigneeId, t.status, t.lastMessageAt.desc(), t.id.desc())
      .where(sql`assignee_id is not null`),
    index("conversation_unassigned").on(t.workspaceId, t.status, t.lastMessageAt.desc(), t.id.desc()).where(sql`assignee_id is null`),
    index("conversation_by_contact").on(t.workspaceId, t.contactId, t.lastMessageAt.desc()),
    uniqueIndex("conversation_one_successor").on(t.workspaceId, t.previousId).where(sql`previous_id is not null`),
    index("conversation_snoozed").on(t.snoozedUntil).where(sql`status = 'snoozed'`),
    index("conversation_quiet").on(t.workspaceId, t.channelId, t.lastMessageAt).where(sql`status = 'open' and waiting_since is null`),
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
    /** The conversation's boundary when the turn began, so that a replay reads what the reply was made from. */
    boundarySeq: integer().notNull().default(0),
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
    /** What the message came with, as it was then; the files themselves are in `attachment`. */
    attachments: jsonb().$type<AttachedFile[]>().notNull().default([]),
    confidence: doublePrecision(),
    clientMessageId: text(),
    /** Set on the one reply of a turn. */
    turnId: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
    /** True: a machine wrote it (an auto-reply, an echo of our own). No agent answers it. */
    automatic: boolean().notNull().default(false),
    /** When it was written, by the clock of whoever brought it. `seq` is the order in which it came. */
    sentAt: instant(),
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

/** What a customer says of a conversation that was resolved: once for each time it was. */
export const csat = pgTable(
  "csat",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    conversationId: uuid().notNull(),
    resolution: integer().notNull(),
    /** From 1, bad, to 5, good. */
    score: integer().notNull(),
    comment: text(),
    /** The contact whose word it is. */
    contactId: uuid().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    uniqueIndex("csat_once").on(t.workspaceId, t.conversationId, t.resolution),
    tenantPolicy("csat"),
  ],
);
