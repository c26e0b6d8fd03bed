/**
 * People and their sessions. Not tenant tables: only `core/auth` reads them, over its own role.
 *
 * @module
 */
import { mailKinds, sessionEndings } from "@axon/contracts/auth";
import type { PurgeReport } from "@axon/contracts/workspaces";
import { sql } from "drizzle-orm";
import { bigint, index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "./columns.ts";

export const account = pgTable("account", {
  id: uuid().primaryKey(),
  /** Lower-cased at the door. */
  email: text().notNull().unique(),
  name: text().notNull(),
  passwordHash: text().notNull(),
  createdAt: instant().notNull().default(sql`now()`),
  emailVerifiedAt: instant(),
  /** The shared secret of the authenticator app, sealed. Counts only once `totpSince` is set. */
  totpSecret: text(),
  totpSince: instant(),
  /** The 30-second step of the last code that was taken, so that no code works twice. */
  totpLastStep: bigint({ mode: "number" }),
});

/** What opens an account when its authenticator is lost: each works once. Only SHA-256 hashes are kept. */
export const recoveryCode = pgTable(
  "recovery_code",
  {
    accountId: uuid()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    hash: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    usedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.hash] })],
);

/** A letter that somebody asked for. Written alike for known and unknown addresses: who it is for is looked up when it is sent. */
export const mail = pgTable(
  "mail",
  {
    id: uuid().primaryKey(),
    kind: text({ enum: mailKinds }).notNull(),
    email: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    /** When it left, or was found to have no reader. */
    doneAt: instant(),
  },
  (t) => [index().on(t.createdAt)],
);

/** A single-use link that went out by mail. Only the SHA-256 of its token is kept. */
export const emailToken = pgTable(
  "email_token",
  {
    hash: text().primaryKey(),
    accountId: uuid()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    purpose: text({ enum: ["verify_email", "reset_password"] }).notNull(),
    /** The address it went to; a token for an address that the account has left is worth nothing. */
    email: text().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (t) => [index().on(t.accountId)],
);

/** What became of a workspace that was deleted: it outlives the workspace, for whoever ordered it. */
export const purge = pgTable(
  "purge",
  {
    workspaceId: uuid().primaryKey(),
    workspaceName: text().notNull(),
    orderedBy: uuid()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    orderedAt: instant().notNull().default(sql`now()`),
    dueAt: instant().notNull(),
    doneAt: instant(),
    /** Rows removed by table, and files; then what was counted to be left, which must be nothing. */
    report: jsonb().$type<PurgeReport>(),
  },
  (t) => [index().on(t.orderedBy)],
);

/** One signed-in device: the family that its refresh tokens belong to. */
export const session = pgTable(
  "session",
  {
    id: uuid().primaryKey(),
    accountId: uuid()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    ip: text(),
    userAgent: text(),
    createdAt: instant().notNull().default(sql`now()`),
    lastUsedAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
    revokedReason: text({ enum: sessionEndings }),
  },
  (t) => [index().on(t.accountId)],
);

/** Only the SHA-256 of a refresh token is kept. A spent one stays until it expires, so that a replay is recognised. */
export const refreshToken = pgTable(
  "refresh_token",
  {
    hash: text().primaryKey(),
    sessionId: uuid()
      .notNull()
      .references(() => session.id, { onDelete: "cascade" }),
    createdAt: instant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    spentAt: instant(),
  },
  (t) => [index().on(t.sessionId)],
);
