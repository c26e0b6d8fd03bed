/**
 * The people who write in: by what they are known, what is known of them, and what is left when they want to be forgotten.
 *
 * @module
 */
import { z } from "zod";
import { attachment } from "./attachments.ts";
import { pageInput } from "./common.ts";
import { conversation, message } from "./conversations.ts";
import {
  attributesToSet,
  attributeValue,
  contactAttributesMax,
  contactLocale,
  identityCharsMax,
  identityKinds,
  phoneNumber,
} from "./identities.ts";

export const contactRef = z.object({ contactId: z.uuid() });

export const listContactsInput = pageInput.extend({
  /** The beginning of a name, an e-mail address or a phone number, in upper or lower case; or an external id, whole. */
  query: z.string().trim().min(1).max(200).optional(),
});
export type ListContactsInput = z.output<typeof listContactsInput>;

export const updateContactInput = contactRef.extend({
  name: z.string().trim().min(1).max(200).nullable().optional(),
  email: z.email().max(identityCharsMax).nullable().optional(),
  phone: phoneNumber.nullable().optional(),
  locale: contactLocale.nullable().optional(),
  /** Set one by one; null takes one away. Those that are not named stay. */
  attributes: attributesToSet(contactAttributesMax).optional(),
});
export type UpdateContactInput = z.output<typeof updateContactInput>;

export const mergeContactsInput = z.object({
  /** Who is the same person as … */
  fromId: z.uuid(),
  /** … this one, who stays. */
  intoId: z.uuid(),
});
export type MergeContactsInput = z.output<typeof mergeContactsInput>;

/** Messages in one page of an export. */
export const exportMessagesMax = 500;
const exportPage = { limit: z.int().min(1).max(exportMessagesMax).default(exportMessagesMax), cursor: z.string().max(500).optional() };
export const exportContactInput = contactRef.extend(exportPage);
export type ExportContactInput = z.output<typeof exportContactInput>;
export const exportConversationInput = z.object({
  conversationId: z.uuid(),
  format: z.enum(["json", "text"]).default("json"),
  ...exportPage,
});
export type ExportConversationInput = z.output<typeof exportConversationInput>;

export const contact = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  locale: z.string().nullable(),
  externalId: z.string().nullable(),
  attributes: z.record(z.string(), attributeValue),
  /** True when a widget has shown the business's signature for one of their external ids. */
  verified: z.boolean(),
  createdAt: z.string(),
});
export type Contact = z.infer<typeof contact>;

export const contactIdentity = z.object({
  kind: z.enum(identityKinds),
  value: z.string(),
  /** False for what only the contact claims. */
  verified: z.boolean(),
});

/** One contact, whole. */
export const contactDetail = contact.extend({
  identities: z.array(contactIdentity),
  conversations: z.int(),
  /** When they, or somebody to them, last wrote; null before that. */
  lastSeenAt: z.string().nullable(),
  /** The ids of contacts that were merged into this one: they still lead here. */
  mergedIds: z.array(z.uuid()),
});
export type ContactDetail = z.infer<typeof contactDetail>;

export const rating = z.object({
  conversationId: z.uuid(),
  /** Of an answer: its message, and good or bad. Of a conversation: neither, but a score from 1 to 5. */
  messageId: z.uuid().optional(),
  outcome: z.enum(["good", "bad"]).optional(),
  score: z.int().optional(),
  comment: z.string().nullable(),
  at: z.string(),
});
export type Rating = z.infer<typeof rating>;

/** A page of everything that is kept about a person: the contact is on each, the rest in the order of their conversations. */
export const contactExport = z.object({
  exportedAt: z.string(),
  contact: contactDetail,
  /** Those with messages on this page. */
  conversations: z.array(conversation),
  messages: z.array(message),
  ratings: z.array(rating),
  attachments: z.array(attachment),
  nextCursor: z.string().nullable(),
});
export type ContactExport = z.infer<typeof contactExport>;

export const conversationExport = z.object({
  exportedAt: z.string(),
  format: z.enum(["json", "text"]),
  conversation,
  /** Of this page, oldest first, internal notes among them; left out of a text. */
  messages: z.array(message).optional(),
  /** The same to be read: a line for who and when, then what was said; left out of JSON. */
  text: z.string().optional(),
  nextCursor: z.string().nullable(),
});
export type ConversationExport = z.infer<typeof conversationExport>;

/** What an erasure removed, by kind, and what it found left when it looked again. */
export const erasureReport = z.object({
  /** Rows by table, `files` (those in storage) and `copies` (of their words, kept elsewhere). */
  removed: z.record(z.string(), z.int()),
  /** Null until it has looked; then all are zero. */
  left: z.record(z.string(), z.int()).nullable(),
});
export type ErasureReport = z.infer<typeof erasureReport>;
export const erasure = z.object({
  id: z.uuid(),
  contactId: z.uuid(),
  orderedAt: z.string(),
  /** Null while there is more to do. */
  doneAt: z.string().nullable(),
  report: erasureReport,
});
export type Erasure = z.infer<typeof erasure>;
export const listErasuresInput = pageInput.extend({ contactId: z.uuid().optional() });
export type ListErasuresInput = z.output<typeof listErasuresInput>;
