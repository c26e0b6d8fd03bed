/**
 * The widget: what a visitor of a web page may say, and what they are shown.
 *
 * What is not named here never reaches a visitor: no confidence, no trace, no internal note, no id of a member or a document.
 *
 * @module
 */
import { z } from "zod";
import { attachment, attachmentIds } from "./attachments.ts";
import { routeLabels } from "./channels.ts";
import { authorKinds, clientMessageId, handlers, messageText } from "./conversations.ts";

/** Messages of one visitor in a minute. */
export const visitorMessagesPerMinute = 20;
/** Ratings of one visitor in a minute. */
export const visitorRatingsPerMinute = 60;
/** Visits that one address may open in a minute. High: a whole office may share an address. */
export const visitsPerAddressPerMinute = 300;
/** Messages of all visitors at one address in a minute: each has a reply made, and new visitors are cheap to be. */
export const visitorMessagesPerAddressPerMinute = 300;

export const openWidgetInput = z.object({
  publicKey: z
    .string()
    .max(100)
    .regex(/^axw_[A-Za-z0-9_-]{1,90}$/, "must be the public key of a channel, axw_…"),
  /** Who the visitor was. It opens nothing: ids are no secrets, the token is. */
  visitorId: z.uuid().optional(),
  /** From the visit before. One that is not good any more is a new visitor's. */
  visitorToken: z.string().max(2000).optional(),
  /** Who the business says they are. */
  identity: z
    .object({
      userId: z.string().min(1).max(200),
      /** Hex HMAC-SHA256 of `userId` under the channel's identity secret. */
      hmac: z.string().min(1).max(200),
      name: z.string().trim().min(1).max(200).optional(),
      email: z.email().max(254).optional(),
    })
    .optional(),
  /** Where the widget stands. The query is not kept. */
  page: z.object({ url: z.url({ protocol: /^https?$/ }).max(2000) }).optional(),
  /** What the page is about. Of the channel's routes the first that fits says which agent answers a conversation that begins. */
  labels: routeLabels.optional(),
});
export type OpenWidgetInput = z.output<typeof openWidgetInput>;

/** `attachmentIds`: files from `widget.createUpload`, of this visitor. */
export const visitorSendInput = z.object({ text: messageText, clientMessageId, attachmentIds });
export type VisitorSendInput = z.output<typeof visitorSendInput>;
export const visitorHistoryInput = z.object({
  limit: z.int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional(),
});
export type VisitorHistoryInput = z.output<typeof visitorHistoryInput>;
export const onVisitorMessagesInput = z.object({ lastEventId: z.string().max(200).optional() });

export const visitorMessage = z.object({
  id: z.uuid(),
  author: z.object({ kind: z.enum(authorKinds), name: z.string().optional() }),
  text: z.string(),
  /** What an answer rests on; `index` is the number that the text bears as `[1]`. */
  citations: z.array(z.object({ index: z.int().positive(), title: z.string(), uri: z.string().optional(), quote: z.string() })),
  attachments: z.array(attachment),
  clientMessageId: z.string().optional(),
  createdAt: z.string(),
});
export type VisitorMessage = z.infer<typeof visitorMessage>;

/** That a conversation was put off until later is the team's own affair: it is shown as open. */
export const visitorStatuses = ["open", "pending", "resolved"] as const;
export type VisitorStatus = (typeof visitorStatuses)[number];

export const visitorConversation = z.object({
  id: z.uuid(),
  status: z.enum(visitorStatuses),
  handler: z.enum(handlers),
  createdAt: z.string(),
  lastMessageAt: z.string(),
});
export type VisitorConversation = z.infer<typeof visitorConversation>;

/** Newest first; `nextCursor` leads to older ones. */
export const visitorHistory = z.object({ items: z.array(visitorMessage), nextCursor: z.string().nullable() });
export type VisitorHistory = z.infer<typeof visitorHistory>;

export const openedWidget = z.object({
  /** The credential of this visitor, in place of any before. */
  visitorToken: z.string(),
  visitorTokenExpiresAt: z.string(),
  visitorId: z.uuid(),
  agent: z.object({
    name: z.string(),
    greeting: z.string(),
    /** True when `widget.requestHuman` is taken. */
    canRequestHuman: z.boolean(),
  }),
  conversation: visitorConversation.nullable(),
  messages: visitorHistory,
  /** Where `widget.onMessages` stands now: subscribe with it to get all that comes after. */
  lastEventId: z.string(),
});
export type OpenedWidget = z.infer<typeof openedWidget>;

const event = { id: z.string(), at: z.string() };
const reply = { ...event, replyId: z.uuid() };

export const visitorSendOutput = z.object({ message: visitorMessage, conversation: visitorConversation });
export const requestHumanOutput = z.object({ conversation: visitorConversation });

/** What a visitor's stream carries. */
export const visitorEvent = z.discriminatedUnion("type", [
  z.object({ ...event, type: z.literal("message.created"), message: visitorMessage }),
  z.object({ ...reply, type: z.literal("reply.started") }),
  z.object({ ...reply, type: z.literal("reply.delta"), index: z.int(), text: z.string() }),
  z.object({ ...reply, type: z.literal("reply.completed"), messageId: z.uuid(), text: z.string() }),
  /** What was shown of this reply is to be taken away. */
  z.object({ ...reply, type: z.literal("reply.failed") }),
  z.object({ ...reply, type: z.literal("reply.superseded") }),
  z.object({
    ...event,
    type: z.literal("conversation.updated"),
    status: z.enum(visitorStatuses),
    handler: z.enum(handlers),
    /** The conversation in which the visitor went on; this one is silent from now on: follow `widget.onMessages` anew, from here. */
    continuedIn: z.uuid().optional(),
    /** The visitor is asked how it went: `widget.rateResolution`. */
    csat: z.object({ resolution: z.int().positive() }).optional(),
  }),
  /** The other side is writing, until `until` at most. It is told in passing and bears the place of the event before it. */
  z.object({
    ...event,
    type: z.literal("typing"),
    actor: z.object({ kind: z.enum(["ai", "member"]) }),
    on: z.boolean(),
    until: z.string(),
  }),
  /** The place is gone: read the history again and go on from here. */
  z.object({ ...event, type: z.literal("resync") }),
]);
export type VisitorEvent = z.infer<typeof visitorEvent>;
