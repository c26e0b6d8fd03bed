/**
 * People and their sessions. Not tenant tables: only `core/auth` reads them, over its own role.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { instant } from "./columns.ts";

export const account = pgTable("account", {
  id: uuid().primaryKey(),
  /** Lower-cased at the door. */
  email: text().notNull().unique(),
  name: text().notNull(),
  passwordHash: text().notNull(),
  createdAt: instant().notNull().default(sql`now()`),
});

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
    revokedReason: text({ enum: ["signed_out", "reused"] }),
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
