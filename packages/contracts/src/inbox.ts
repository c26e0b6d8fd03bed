/**
 * The inbox: how a team keeps its conversations apart, finds them again, and brings in those it had elsewhere.
 *
 * @module
 */
import { z } from "zod";
import { attachmentIds } from "./attachments.ts";
import { pageInput } from "./common.ts";
import {
  authorKinds,
  channelKinds,
  conversation,
  conversationPriorities,
  conversationRef,
  conversationStatuses,
  handlers,
  messageText,
} from "./conversations.ts";
import { attributesToSet } from "./identities.ts";

export const assignInput = conversationRef.extend({
  /** A member who may write; null for nobody. */
  accountId: z.uuid().nullable(),
});
export type AssignInput = z.output<typeof assignInput>;

const tagCharsMax = 50;
/** Of one conversation. */
export const tagsMax = 20;
/** `  Refund   LATE ` is `refund late`: who tags in a hurry and who looks for it mean the same. */
export const tagName = z
  .string()
  .max(200)
  .transform((value) =>
    value
      .normalize("NFC")
      .replaceAll(/\p{Cc}+/gu, " ")
      .replaceAll(/\s+/g, " ")
      .trim()
      .toLowerCase(),
  )
  .refine((value) => value.length > 0 && value.length <= tagCharsMax, `must have 1 to ${tagCharsMax} characters`);
export const tagInput = conversationRef.extend({ tag: tagName });
export type TagInput = z.output<typeof tagInput>;

export const setPriorityInput = conversationRef.extend({ priority: z.enum(conversationPriorities) });
export type SetPriorityInput = z.output<typeof setPriorityInput>;

/** Of one conversation. */
export const conversationAttributesMax = 50;
export const setAttributesInput = conversationRef.extend({
  /** Set one by one; null takes one away. Those that are not named stay. */
  attributes: attributesToSet(conversationAttributesMax),
});
export type SetAttributesInput = z.output<typeof setAttributesInput>;

/** For the team's eyes: no customer sees it, no agent reads it, and it neither opens a conversation nor takes it over. */
export const noteInput = conversationRef.extend({
  text: messageText,
  clientMessageId: z.string().min(1).max(100).optional(),
  /** As those of `conversations.send`. */
  attachmentIds,
});
export type NoteInput = z.output<typeof noteInput>;

/** Exact below this; from there on it is "this many or more". */
export const countCap = 10_000;
const counted = z.object({ count: z.int(), more: z.boolean() });
export const inboxCounts = z.object({
  open: counted,
  pending: counted,
  snoozed: counted,
  resolved: counted,
  /** Open or pending, and nobody's. */
  unassigned: counted,
  /** Open or pending, and the caller's; 0 for an API key. */
  mine: counted,
  /** Open or pending, and urgent. */
  urgent: counted,
});
export type InboxCounts = z.infer<typeof inboxCounts>;
export type Counted = z.infer<typeof counted>;

export const searchQuery = z.string().trim().min(1).max(200);
export const searchMessagesInput = pageInput.extend({ query: searchQuery, limit: z.int().min(1).max(50).default(20) });
export type SearchMessagesInput = z.output<typeof searchMessagesInput>;
export const messageHit = z.object({
  conversation,
  message: z.object({
    id: z.uuid(),
    seq: z.int(),
    author: z.object({ kind: z.enum(authorKinds), id: z.uuid().optional(), name: z.string().optional() }),
    visibility: z.enum(["public", "internal"]),
    createdAt: z.string(),
  }),
  /** A piece of the message around the first word that was found; `hits` are places in it, in UTF-16 units. */
  snippet: z.object({ text: z.string(), hits: z.array(z.object({ start: z.int(), end: z.int() })) }),
});
export type MessageHit = z.infer<typeof messageHit>;

/** Of one call. */
export const importConversationsMax = 200;
export const importMessagesMax = 2_000;
const moment = z.iso.datetime({ offset: true }).max(40);
const importedMessage = z.object({
  author: z.enum(authorKinds),
  name: z.string().trim().min(1).max(200).optional(),
  text: messageText,
  at: moment,
});
const importedConversation = z.object({
  /** The caller's own id: the same id again is the same conversation, and is left as it is. */
  externalId: z.string().min(1).max(200),
  agentId: z.uuid(),
  /** One of the workspace's channels; its `api` channel when left out. */
  channelId: z.uuid().optional(),
  contact: z.object({
    externalId: z.string().min(1).max(200),
    name: z.string().trim().min(1).max(200).optional(),
    email: z.email().max(254).optional(),
  }),
  status: z.enum(["open", "pending", "resolved"]).default("resolved"),
  /** Who answers what comes next. */
  handler: z.enum(handlers).default("member"),
  assigneeId: z.uuid().optional(),
  priority: z.enum(conversationPriorities).default("normal"),
  tags: z.array(tagName).max(tagsMax).default([]),
  createdAt: moment,
  /** In the order in which they were written. */
  messages: z.array(importedMessage).min(1).max(500),
});
export type ImportedConversation = z.output<typeof importedConversation>;
export const importInput = z
  .object({ conversations: z.array(importedConversation).min(1).max(importConversationsMax) })
  .refine(
    ({ conversations }) => conversations.reduce((sum, { messages }) => sum + messages.length, 0) <= importMessagesMax,
    `at most ${importMessagesMax} messages in one call`,
  );
export type ImportInput = z.output<typeof importInput>;
export const importOutput = z.object({
  /** In the order of the call; `created` is false for what was there before. */
  conversations: z.array(z.object({ externalId: z.string(), conversationId: z.uuid(), created: z.boolean() })),
  messages: z.int(),
});
export type ImportOutput = z.infer<typeof importOutput>;

/** Who is asked for by `assignee`: a member's id, the caller, or nobody. */
const assignee = z.union([z.enum(["me", "none"]), z.uuid()]);
export const listConversationsInput = pageInput.extend({
  status: z.enum(conversationStatuses).optional(),
  handler: z.enum(handlers).optional(),
  agentId: z.uuid().optional(),
  channelId: z.uuid().optional(),
  channelKind: z.enum(channelKinds).optional(),
  assignee: assignee.optional(),
  tag: tagName.optional(),
  priority: z.enum(conversationPriorities).optional(),
  contactId: z.uuid().optional(),
  /** The last message not before `from`, and before `to`. */
  from: moment.optional(),
  to: moment.optional(),
  /** Words that one of the messages has, all of them. */
  text: searchQuery.optional(),
});
export type ListConversationsInput = z.output<typeof listConversationsInput>;
