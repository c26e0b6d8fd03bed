/**
 * Workspaces, who is in them, and the keys that act for them.
 *
 * @module
 */
import { permissionNames, roles } from "@axon/contracts/permissions";
import { actorKinds } from "@axon/contracts/workspaces";
import { sql } from "drizzle-orm";
import { boolean, foreignKey, index, integer, jsonb, pgPolicy, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { account } from "./accounts.ts";
import { appRole, authRole, engineRole, instant, tenantPolicy, workspaceId } from "./columns.ts";

const thisAccount = sql`account_id = nullif(current_setting('app.account_id', true), '')::uuid`;
const invitedHere = sql`token_hash = nullif(current_setting('app.invitation_hash', true), '')`;
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
    /** Deleted: nobody gets in any more, and a job removes what is in it. */
    deletedAt: instant(),
    /** Conversations that were quiet for this many days are removed; null keeps them. */
    retainConversationsDays: integer(),
    /** Documents older than this many days are removed; null keeps them. */
    retainDocumentsDays: integer(),
    /** Nothing is removed by age while this is set. */
    legalHold: boolean().notNull().default(false),
    /** Where its plan allows other than `planLimits` of the contracts: names and numbers. */
    planLimits: jsonb().$type<Record<string, number>>().notNull().default({}),
    /** Messages up to this id were written before words were kept, and are found only once theirs are; null when all can be found. */
    wordsBehind: uuid(),
  },
  (t) => [
    index("workspace_words_behind").on(t.id).where(sql`words_behind is not null`),
    pgPolicy("workspace_tenant", { for: "all", to: appRole, using: thisWorkspace, withCheck: thisWorkspace }),
    // Which workspaces an account may see is decided by its memberships, which are fenced by account themselves.
    pgPolicy("workspace_of_account", { for: "select", to: authRole, using: sql`id in (select workspace_id from membership)` }),
    pgPolicy("workspace_of_api_key", { for: "select", to: authRole, using: sql`id in (select workspace_id from api_key)` }),
    pgPolicy("workspace_of_invitation", { for: "select", to: authRole, using: sql`id in (select workspace_id from invitation)` }),
    // When its rows are due to go, never what they say.
    pgPolicy("workspace_engine", { for: "select", to: engineRole, using: sql`true` }),
    // Only its owners delete and restore it; the grant names the one column.
    pgPolicy("workspace_ended", {
      for: "update",
      to: authRole,
      using: sql`id in (select workspace_id from membership where role = 'owner')`,
      withCheck: sql`id in (select workspace_id from membership where role = 'owner')`,
    }),
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
    /** Copied as well, so that members can be told apart and nobody is invited who is in already. */
    email: text(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.accountId] }),
    index().on(t.accountId),
    tenantPolicy("membership"),
    pgPolicy("membership_of_account", { for: "select", to: authRole, using: thisAccount }),
    // Who changes their name is called so everywhere; the grant is for that column alone.
    pgPolicy("membership_renamed", { for: "update", to: authRole, using: thisAccount, withCheck: thisAccount }),
    // Who may still enter where, for the sockets that are open.
    pgPolicy("membership_engine", { for: "select", to: engineRole, using: sql`true` }),
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
    /** Permissions that the key is limited to; null for all that its role has. */
    scopes: text({ enum: permissionNames }).array(),
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
    pgPolicy("api_key_engine", { for: "select", to: engineRole, using: sql`true` }),
    pgPolicy("api_key_used_by_holder", {
      for: "update",
      to: authRole,
      using: sql`hash = nullif(current_setting('app.api_key_hash', true), '')`,
    }),
  ],
);

/** An open door for one e-mail address. Only the SHA-256 of its token is kept. */
export const invitation = pgTable(
  "invitation",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    email: text().notNull(),
    role: text({ enum: roles }).notNull(),
    tokenHash: text().notNull().unique(),
    invitedBy: uuid(),
    invitedByName: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    acceptedAt: instant(),
    acceptedBy: uuid(),
    revokedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex("invitation_one_open").on(t.workspaceId, t.email).where(sql`accepted_at is null and revoked_at is null`),
    tenantPolicy("invitation"),
    // Who follows a link does not know its workspace yet: the row is visible to exactly the one who holds its token.
    pgPolicy("invitation_of_holder", { for: "select", to: authRole, using: invitedHere }),
    pgPolicy("invitation_taken_by_holder", { for: "update", to: authRole, using: invitedHere, withCheck: invitedHere }),
  ],
);

/** Who did what, from where. Append-only: no role of ours may change or remove a line. */
export const auditEntry = pgTable(
  "audit_entry",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    at: instant().notNull().default(sql`now()`),
    actorKind: text({ enum: actorKinds }).notNull(),
    actorId: uuid(),
    actorName: text().notNull(),
    action: text().notNull(),
    targetKind: text(),
    targetId: text(),
    before: jsonb().$type<Record<string, unknown>>(),
    after: jsonb().$type<Record<string, unknown>>(),
    ip: text(),
    requestId: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    tenantPolicy("audit_entry"),
    // What happens to a member's sessions is told in every workspace that the member may enter.
    pgPolicy("audit_entry_of_account", {
      for: "insert",
      to: authRole,
      withCheck: sql`workspace_id in (select workspace_id from membership)`,
    }),
    pgPolicy("audit_entry_of_invitation", {
      for: "insert",
      to: authRole,
      withCheck: sql`workspace_id in (select workspace_id from invitation)`,
    }),
  ],
);

/** Credentials of others that a workspace has entrusted to us: sealed, never given out again. */
export const sealedSecret = pgTable(
  "sealed_secret",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    name: text().notNull(),
    sealed: text().notNull(),
    /** The key that it is sealed with, so that a rotation finds what is left to do. */
    keyId: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.name] }),
    index().on(t.keyId),
    tenantPolicy("sealed_secret"),
    pgPolicy("sealed_secret_engine", { for: "select", to: engineRole, using: sql`true` }),
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
