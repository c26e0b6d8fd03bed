/**
 * By what names a contact is known, what they sent as files, and what is kept of those who wanted to be forgotten.
 *
 * @module
 */
import { attachmentMimes, attachmentStates } from "@axon/contracts/attachments";
import type { ErasureReport } from "@axon/contracts/contacts";
import { identityKinds } from "@axon/contracts/identities";
import { actorKinds } from "@axon/contracts/workspaces";
import { sql } from "drizzle-orm";
import { foreignKey, index, integer, jsonb, pgPolicy, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { engineRole, instant, tenantPolicy, workspaceId } from "./columns.ts";
import { contact, conversation, message } from "./conversations.ts";
import { workspace } from "./workspaces.ts";

/** One name of a contact: of all contacts of a workspace, one has it. */
export const contactIdentity = pgTable(
  "contact_identity",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    contactId: uuid().notNull(),
    kind: text({ enum: identityKinds }).notNull(),
    /** As it is compared: an e-mail address in lower case, a phone number as digits. */
    value: text().notNull(),
    /** When somebody whom the workspace trusts said so; null for what only the contact claims, by which nobody is found. */
    verifiedAt: instant(),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.contactId], foreignColumns: [contact.workspaceId, contact.id] }).onDelete("cascade"),
    uniqueIndex("contact_identity_one").on(t.workspaceId, t.kind, t.value),
    index().on(t.workspaceId, t.contactId),
    tenantPolicy("contact_identity"),
  ],
);

/** A file on its way into a conversation, or in it. */
export const attachment = pgTable(
  "attachment",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    /** Null for a visitor who has not written yet. */
    conversationId: uuid(),
    /** The message that it came with; null until that is written. */
    messageId: uuid(),
    /** Who sends it: nobody else may. The id is of the account, the key or the contact. */
    senderKind: text({ enum: actorKinds }).notNull(),
    senderId: uuid(),
    name: text().notNull(),
    mime: text({ enum: attachmentMimes }).notNull(),
    bytes: integer().notNull(),
    state: text({ enum: attachmentStates }).notNull().default("uploading"),
    createdAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId], foreignColumns: [workspace.id] }).onDelete("cascade"),
    foreignKey({ columns: [t.workspaceId, t.conversationId], foreignColumns: [conversation.workspaceId, conversation.id] }).onDelete(
      "cascade",
    ),
    foreignKey({ columns: [t.workspaceId, t.messageId], foreignColumns: [message.workspaceId, message.id] }).onDelete("cascade"),
    index().on(t.workspaceId, t.conversationId),
    index().on(t.workspaceId, t.messageId),
    index("attachment_waiting").on(t.createdAt).where(sql`message_id is null`),
    tenantPolicy("attachment"),
    pgPolicy("attachment_engine", { for: "select", to: engineRole, using: sql`message_id is null` }),
  ],
);

/** That somebody's data was erased, and how much it was. Nothing of theirs is in it but the id that they had here. */
export const erasure = pgTable(
  "erasure",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    contactId: uuid().notNull(),
    orderedKind: text({ enum: actorKinds }).notNull(),
    orderedBy: uuid(),
    orderedAt: instant().notNull().default(sql`now()`),
    /** Null while there is more to do. */
    doneAt: instant(),
    report: jsonb().$type<ErasureReport>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    uniqueIndex("erasure_once").on(t.workspaceId, t.contactId),
    tenantPolicy("erasure"),
  ],
);
