/**
 * Workspaces, who is in them, and the keys that act for them.
 *
 * @module
 */
import { roles } from "@axon/contracts/permissions";
import { sql } from "drizzle-orm";
import { foreignKey, index, jsonb, pgPolicy, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { account } from "./accounts.ts";
import { appRole, authRole, instant, tenantPolicy, workspaceId } from "./columns.ts";

const thisAccount = sql`account_id = nullif(current_setting('app.account_id', true), '')::uuid`;
const thisWorkspace = sql`id = nullif(current_setting('app.workspace_id', true), '')::uuid`;

export const workspace = pgTable(
  "workspace",
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    slug: text().notNull().unique(),
    /** `<account id>:<idempotency key>` of the call that made it, so that a retried create is the same workspace. */
    creationKey: text().unique(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  () => [
    pgPolicy("workspace_tenant", { for: "all", to: appRole, using: thisWorkspace, withCheck: thisWorkspace }),
    // Which workspaces an account may see is decided by its memberships, which are fenced by account themselves.
    pgPolicy("workspace_of_account", { for: "select", to: authRole, using: sql`id in (select workspace_id from membership)` }),
    pgPolicy("workspace_founded", { for: "insert", to: authRole, withCheck: thisWorkspace }),
  ],
);

export const membership = pgTable(
  "membership",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    accountId: uuid()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    role: text({ enum: roles }).notNull(),
    /** Copied at joining so that the inbox can name people without reading accounts. */
    name: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.accountId] }),
    index().on(t.accountId),
    tenantPolicy("membership"),
    pgPolicy("membership_of_account", { for: "select", to: authRole, using: thisAccount }),
    pgPolicy("membership_of_founder", { for: "insert", to: authRole, withCheck: thisAccount }),
  ],
);

export const apiKey = pgTable(
  "api_key",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    name: text().notNull(),
    /** The first characters of the key, to tell keys apart in a list. */
    prefix: text().notNull(),
    hash: text().notNull().unique(),
    role: text({ enum: roles }).notNull(),
    createdBy: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
    lastUsedAt: instant(),
    expiresAt: instant(),
    revokedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspace.id] }).onDelete("cascade"),
    tenantPolicy("api_key"),
    // Who presents a key does not know its workspace yet: the row is visible to exactly the one who holds its hash.
    pgPolicy("api_key_of_holder", {
      for: "select",
      to: authRole,
      using: sql`hash = nullif(current_setting('app.api_key_hash', true), '')`,
    }),
    pgPolicy("api_key_used_by_holder", {
      for: "update",
      to: authRole,
      using: sql`hash = nullif(current_setting('app.api_key_hash', true), '')`,
    }),
  ],
);

/** What a mutation answered the first time it was called with an idempotency key. */
export const idempotency = pgTable(
  "idempotency",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    procedure: text().notNull(),
    key: text().notNull(),
    inputHash: text().notNull(),
    result: jsonb().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.procedure, t.key] }), tenantPolicy("idempotency")],
);
