/**
 * Conversations and messages as callers see them.
 *
 * @module
 */
import { z } from "zod";
import { citation, handoffReasons } from "./answers.ts";
import { pageInput } from "./common.ts";

export const channelKinds = ["api", "web"] as const;
export const conversationStatuses = ["open", "pending", "snoozed", "resolved"] as const;
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
});

export const clientMessageId = z.string().min(1).max(100).optional();
export const startInput = z.object({
  agentId: z.uuid(),
  text: messageText,
  as: speaker.default("contact"),
  contact: contactInput.optional(),
  clientMessageId,
});
export type StartInput = z.infer<typeof startInput>;
export const sendInput = z.object({
  conversationId: z.uuid(),
  text: messageText,
  as: speaker.default("contact"),
  clientMessageId,
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
  attachments: z.array(z.never()),
  citations: z.array(citation),
  confidence: z.number().nullable(),
  clientMessageId: z.string().optional(),
  createdAt: z.string(),
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
  /** Where `onConversation` stands now: subscribe with it as `lastEventId` to get all that comes after. */
  lastEventId: z.string(),
  lastMessageAt: z.string(),
  createdAt: z.string(),
});
export type Conversation = z.infer<typeof conversation>;

export const listConversationsInput = pageInput.extend({
  status: z.enum(conversationStatuses).optional(),
  handler: z.enum(handlers).optional(),
  agentId: z.uuid().optional(),
});
export const conversationRef = z.object({ conversationId: z.uuid() });
export const listMessagesInput = pageInput.extend({ conversationId: z.uuid(), order: z.enum(["asc", "desc"]).default("asc") });

export const onConversationInput = z.object({ conversationId: z.uuid(), lastEventId: z.string().max(200).optional() });
export const onWorkspaceInput = z.object({ lastEventId: z.string().max(200).optional() });
