/**
 * The event log and the outbox: what a commit tells the rest of the world.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import { bigint, foreignKey, index, integer, jsonb, pgPolicy, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
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
    // Nobody may delete from the log; what a conversation told goes with the conversation, and only so.
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    tenantPolicy("event"),
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
  },
  (t) => [
    index().on(t.id, t.takenUntil),
    tenantPolicy("outbox"),
    pgPolicy("outbox_of_account", { for: "insert", to: authRole, withCheck: sql`workspace_id is null` }),
    pgPolicy("outbox_engine", { for: "all", to: engineRole, using: sql`true`, withCheck: sql`true` }),
  ],
);
