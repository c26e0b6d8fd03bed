/**
 * The event log and the outbox: what a commit tells the rest of the world.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
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
import { authRole, engineRole, instant, tenantPolicy, workspaceId } from "./columns.ts";
import { conversation } from "./conversations.ts";
import { workspace } from "./workspaces.ts";

/** The last number given out in a workspace's stream. Raised as a transaction's last act, so numbers follow commits. */
export const workspaceCursor = pgTable(
  "workspace_cursor",
  {
    workspaceId: workspaceId()
      .primaryKey()
      .references(() => workspace.id, { onDelete: "cascade" }),
    last: bigint({ mode: "number" }).notNull().default(0),
  },
  () => [tenantPolicy("workspace_cursor"), pgPolicy("workspace_cursor_engine", { for: "select", to: engineRole, using: sql`true` })],
);

/** Append-only. `seq` is gapless within a conversation, `workspaceSeq` within a workspace. */
export const event = pgTable(
  "event",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    workspaceSeq: bigint({ mode: "number" }).notNull(),
    id: uuid().notNull(),
    conversationId: uuid(),
    seq: integer(),
    type: text().notNull(),
    body: jsonb().$type<Record<string, unknown>>().notNull(),
    at: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.workspaceSeq] }),
    uniqueIndex().on(t.workspaceId, t.conversationId, t.seq),
    // What a conversation told goes with the conversation; apart from that only what is older than the replay window goes.
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    tenantPolicy("event"),
    pgPolicy("event_engine", { for: "select", to: engineRole, using: sql`true` }),
    pgPolicy("event_prune", { for: "delete", to: engineRole, using: sql`at < now() - interval '1 day'` }),
  ],
);

/** Jobs that a committed transaction wants done. The relay carries them to the queue and deletes them. */
export const outbox = pgTable(
  "outbox",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    /** Null for what belongs to an account, not to a workspace. */
    workspaceId: uuid().references(() => workspace.id, { onDelete: "cascade" }),
    key: text().notNull(),
    name: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    dueAt: instant().notNull().default(sql`now()`),
    /** A relay that took this row and died is given this long before another takes it. */
    takenUntil: instant(),
    attempts: integer().notNull().default(0),
    /** The request that caused it, for the log lines of the job. */
    requestId: text(),
    createdAt: instant().notNull().default(sql`now()`),
    /** When its queue took it. Such a row stays until the job is done: nothing else would know of it if the queues were lost. */
    deliveredAt: instant(),
  },
  (t) => [
    index().on(t.id, t.takenUntil),
    index("outbox_delivered").on(t.key).where(sql`delivered_at is not null`),
    tenantPolicy("outbox"),
    pgPolicy("outbox_of_account", { for: "insert", to: authRole, withCheck: sql`workspace_id is null` }),
    pgPolicy("outbox_engine", { for: "all", to: engineRole, using: sql`true`, withCheck: sql`true` }),
  ],
);

/** Jobs that were given up, or that this version does not understand yet. Kept apart from the queues, so that losing those loses none. */
export const deadLetter = pgTable(
  "dead_letter",
  {
    id: uuid().primaryKey(),
    /** Null for what belongs to an account, or names no workspace: an operator's, and nobody else's. */
    workspaceId: uuid().references(() => workspace.id, { onDelete: "cascade" }),
    queue: text().notNull(),
    jobId: text().notNull(),
    name: text().notNull(),
    /** As it was queued, our own envelope included. */
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    code: text().notNull(),
    error: text().notNull(),
    attempts: integer().notNull(),
    requestId: text(),
    failedAt: instant().notNull().default(sql`now()`),
    state: text({ enum: ["dead", "parked", "replayed", "discarded"] })
      .notNull()
      .default("dead"),
    decidedAt: instant(),
    /** Who replayed or discarded it; null: it came back by itself. */
    decidedBy: text(),
  },
  (t) => [
    uniqueIndex().on(t.queue, t.jobId),
    index().on(t.workspaceId, t.state, t.id),
    index("dead_letter_waiting").on(t.state, t.failedAt).where(sql`state in ('dead', 'parked')`),
    tenantPolicy("dead_letter"),
    pgPolicy("dead_letter_engine", { for: "all", to: engineRole, using: sql`true`, withCheck: sql`true` }),
  ],
);

/** What comes round by the clock: which tick was taken last, and until when its taker is believed to be at it. No tenant's. */
export const schedule = pgTable("schedule", {
  name: text().primaryKey(),
  /** The tick that was taken last: whole multiples of the schedule's interval since 1970. */
  tick: bigint({ mode: "number" }).notNull(),
  /** True when that tick's run came to its end. */
  done: boolean().notNull().default(true),
  /** Rises with each taking, so that a taker that was given up cannot end its successor's run. */
  fence: bigint({ mode: "number" }).notNull().default(0),
  leaseUntil: instant(),
  ranAt: instant(),
});
