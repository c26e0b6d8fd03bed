/**
 * Conversations and messages as callers see them.
 *
 * @module
 */
import { z } from "zod";
import { citation, handoffReasons } from "./answers.ts";
import { attachment, attachmentIds } from "./attachments.ts";
import { pageInput } from "./common.ts";
import { csat } from "./csat.ts";
import { contactLocale, phoneNumber } from "./identities.ts";

export const channelKinds = ["api", "web"] as const;
export const conversationStatuses = ["open", "pending", "snoozed", "resolved"] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];
export const conversationPriorities = ["low", "normal", "high", "urgent"] as const;
export const handlers = ["ai", "member"] as const;
export const authorKinds = ["contact", "ai", "member", "system"] as const;

/** Longest message text, in characters. */
export const messageCharsMax = 8000;
// PostgreSQL cannot store U+0000; a provider sends it now and then, so it is taken out rather than refused.
export const messageText = z
  .string()
  .max(messageCharsMax)
  .transform((value) => value.replaceAll("\u0000", ""))
  .refine((value) => value.trim().length > 0, "must not be blank");

export const speaker = z.enum(["contact", "member"]);
const contactInput = z.object({
  /** The caller's own id of the customer: the same id is the same contact. */
  externalId: z.string().min(1).max(200).optional(),
  name: z.string().trim().min(1).max(200).optional(),
  email: z.email().max(254).optional(),
  phone: phoneNumber.optional(),
  locale: contactLocale.optional(),
});

export const clientMessageId = z.string().min(1).max(100).optional();
/** An instant with its offset from UTC, as `2026-11-22T17:00:00Z`. */
const instant = z.iso.datetime({ offset: true }).max(40);
const origin = {
  /** True: a machine wrote it (an auto-reply, an echo of what we sent). It is kept, and no agent answers it. */
  automatic: z.boolean().optional(),
  /** When it was written, by the clock of whoever brings it. Within a burst the agent reads by it. */
  sentAt: instant.optional(),
};
export const startInput = z.object({
  agentId: z.uuid(),
  text: messageText,
  as: speaker.default("contact"),
  contact: contactInput.optional(),
  clientMessageId,
  ...origin,
  /** True: where the contact whom it names has a conversation under way, the message goes there. Left out: as the channel's `threads` says. */
  continueConversation: z.boolean().optional(),
});
export type StartInput = z.infer<typeof startInput>;
export const sendInput = z.object({
  conversationId: z.uuid(),
  text: messageText,
  as: speaker.default("contact"),
  clientMessageId,
  ...origin,
  /** Files from `conversations.attachments.createUpload`, of this conversation and caller. */
  attachmentIds,
  /** The agent's answer that a member puts right with this message: it counts as a bad one. */
  corrects: z.uuid().optional(),
});
export type SendInput = z.infer<typeof sendInput>;

export const message = z.object({
  id: z.uuid(),
  conversationId: z.uuid(),
  seq: z.int().positive(),
  author: z.object({ kind: z.enum(authorKinds), id: z.uuid().optional(), name: z.string().optional() }),
  text: z.string(),
  visibility: z.enum(["public", "internal"]),
  attachments: z.array(attachment),
  citations: z.array(citation),
  confidence: z.number().nullable(),
  clientMessageId: z.string().optional(),
  createdAt: z.string(),
  /** True for what a machine wrote. */
  automatic: z.boolean().optional(),
  sentAt: z.string().optional(),
});
export type Message = z.infer<typeof message>;

export const conversation = z.object({
  id: z.uuid(),
  channel: z.object({ id: z.uuid(), kind: z.enum(channelKinds) }),
  agentId: z.uuid(),
  contact: z.object({
    id: z.uuid(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    externalId: z.string().nullable(),
    /** True when a widget has shown the business's signature for `externalId`. */
    verified: z.boolean().optional(),
    /** The web page on which they last opened the widget. */
    page: z.string().optional(),
  }),
  status: z.enum(conversationStatuses),
  handler: z.enum(handlers),
  assignee: z.object({ id: z.uuid(), name: z.string() }).optional(),
  handoff: z.object({ reason: z.enum(handoffReasons), at: z.string() }).optional(),
  priority: z.enum(conversationPriorities),
  attributes: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  /** The caller's own id of a conversation that was brought from elsewhere. */
  externalId: z.string().optional(),
  snoozedUntil: z.string().optional(),
  resolvedAt: z.string().optional(),
  /** How often it has been resolved. */
  resolution: z.int(),
  /** What the customer said of how it was resolved last; only where one conversation is read. */
  csat: csat.optional(),
  /** The conversation that this one goes on from. */
  previousId: z.uuid().optional(),
  /** Until then no agent answers here. */
  mutedUntil: z.string().optional(),
  /** Since when the customer has been waiting for an answer. */
  waitingSince: z.string().optional(),
  /** Where `onConversation` stands now: subscribe with it as `lastEventId` to get all that comes after. */
  lastEventId: z.string(),
  lastMessageAt: z.string(),
  createdAt: z.string(),
});
export type Conversation = z.infer<typeof conversation>;

export const conversationRef = z.object({ conversationId: z.uuid() });

const why = z.string().trim().min(1).max(200).optional();
/** As long as a conversation can be put off, in days. */
export const snoozeDaysMax = 366;
const until = instant.optional();
export const setStatusInput = z
  .object({
    conversationId: z.uuid(),
    status: z.enum(conversationStatuses),
    /** For `snoozed`: when it wakes. */
    until,
    /** Why, in a word or a sentence: it is told with the change. */
    reason: why,
  })
  .refine(({ status, until }) => (status === "snoozed") === (until !== undefined), {
    path: ["until"],
    error: "is given when the status is snoozed, and only then",
  });
export const snoozeInput = z
  .object({
    conversationId: z.uuid(),
    /** When it wakes, or in how many minutes: one of the two. */
    until,
    forMinutes: z
      .int()
      .min(1)
      .max(snoozeDaysMax * 24 * 60)
      .optional(),
    reason: why,
  })
  .refine((given) => (given.until === undefined) !== (given.forMinutes === undefined), {
    path: ["until"],
    error: "either until or forMinutes must be given",
  });
export const listMessagesInput = pageInput.extend({ conversationId: z.uuid(), order: z.enum(["asc", "desc"]).default("asc") });

export const onConversationInput = z.object({ conversationId: z.uuid(), lastEventId: z.string().max(200).optional() });
export const onWorkspaceInput = z.object({ lastEventId: z.string().max(200).optional() });
