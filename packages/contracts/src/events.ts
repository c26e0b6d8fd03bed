/**
 * Everything that happens, as one union by `type`. The same words go over subscriptions and (later) outgoing webhooks.
 *
 * `reply.delta` is not in the log: it is buffered for minutes and superseded by the stored message. All others are.
 *
 * @module
 */
import { z } from "zod";
import { handoffReasons } from "./answers.ts";
import { conversation, conversationStatuses, handlers, message } from "./conversations.ts";
import { evaluationStates } from "./evaluation.ts";
import { documentErrorCodes, documentStatuses } from "./knowledge.ts";

const conversationId = z.uuid();
const replyId = z.uuid();

/** What a verb hands to the log: the event without the number, id and time that the log gives it. */
export const eventBody = z.discriminatedUnion("type", [
  z.object({ type: z.literal("conversation.created"), conversationId, conversation }),
  z.object({
    type: z.literal("conversation.updated"),
    conversationId,
    status: z.enum(conversationStatuses),
    handler: z.enum(handlers),
    actor: z.enum(["contact", "ai", "member", "system"]),
    /** The account, API key or contact that did it; none for an agent and for Axon itself. */
    actorId: z.uuid().optional(),
    reason: z.string(),
    /** What changed, by name: `{ status: { before: "open", after: "resolved" } }`. */
    changes: z.record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown().optional() })).optional(),
    /** The conversation in which the customer went on: theirs was resolved too long ago to be opened again. */
    continuedIn: z.uuid().optional(),
    /** The customer is asked to say how it went, of this resolution. */
    csat: z.object({ resolution: z.int().positive() }).optional(),
  }),
  z.object({ type: z.literal("message.created"), conversationId, message }),
  z.object({ type: z.literal("reply.started"), conversationId, replyId, turnId: z.uuid() }),
  z.object({
    type: z.literal("reply.completed"),
    conversationId,
    replyId,
    turnId: z.uuid(),
    messageId: z.uuid(),
    text: z.string(),
    confidence: z.number().nullable(),
  }),
  z.object({ type: z.literal("reply.failed"), conversationId, replyId, turnId: z.uuid(), reason: z.enum(handoffReasons) }),
  z.object({
    type: z.literal("reply.superseded"),
    conversationId,
    replyId,
    turnId: z.uuid(),
    reason: z.enum(["newer_message", "taken_over", "withheld", "restarted", "resolved"]),
  }),
  z.object({
    type: z.literal("handoff.requested"),
    conversationId,
    /** The turn that ended in it; none when a visitor asked by the widget's button. */
    turnId: z.uuid().optional(),
    reason: z.enum(handoffReasons),
    confidence: z.number().nullable(),
  }),
  z.object({
    type: z.literal("contact.updated"),
    contactId: z.uuid(),
    change: z.enum(["updated", "merged", "erased"]),
    /** Who the contact turned out to be, when it was merged. */
    intoId: z.uuid().optional(),
  }),
  z.object({
    type: z.literal("document.progress"),
    documentId: z.uuid(),
    sourceId: z.uuid(),
    status: z.enum(documentStatuses),
    done: z.int(),
    total: z.int(),
    error: z.object({ code: z.enum(documentErrorCodes), message: z.string() }).nullable(),
  }),
  z.object({
    type: z.literal("evaluation.progress"),
    evaluationId: z.uuid(),
    agentId: z.uuid(),
    state: z.enum(evaluationStates),
    done: z.int(),
    total: z.int(),
    passed: z.int(),
  }),
]);
export type EventBody = z.infer<typeof eventBody>;

/** A body as the log keeps and the wire carries it. `id` is unique; the place in a stream travels apart (`tracked`). */
export type LoggedEvent = EventBody & { id: string; at: string; workspaceId: string };

/** A piece of a reply in the making. The texts of indexes 0..n in order are the reply so far. */
export interface DeltaEvent {
  type: "reply.delta";
  id: string;
  at: string;
  workspaceId: string;
  conversationId: string;
  replyId: string;
  index: number;
  text: string;
}

/** "The place you left is no longer kept: read the conversation again and go on from `lastEventId`." */
export interface ResyncEvent {
  type: "resync";
  id: string;
  at: string;
  workspaceId: string;
  conversationId?: string;
}

/** Longest that somebody counts as typing who is not heard of again. */
export const typingMs = 6_000;

/** Somebody is typing, or has stopped. Only true until `until`; nobody need be told that it is over. */
export interface TypingEvent {
  type: "typing";
  id: string;
  at: string;
  workspaceId: string;
  conversationId: string;
  /** `id` is the account of a member; `name` is what a reader may call them. */
  actor: { kind: "contact" | "ai" | "member"; id?: string; name?: string };
  on: boolean;
  until: string;
}

/** A member of the workspace is there to answer, or is there no more. */
export interface PresenceEvent {
  type: "presence";
  id: string;
  at: string;
  workspaceId: string;
  accountId: string;
  online: boolean;
}

/** What is told in passing: it is in no log, moves nobody's place, and whoever misses it misses it. */
export type PassingEvent = TypingEvent | PresenceEvent;

export type StreamEvent = LoggedEvent | DeltaEvent | ResyncEvent | PassingEvent;

/** True for what bears the place that its reader has anyway, so that the same place comes again with the next. */
export function isPassing(event: Pick<StreamEvent, "type">): event is PassingEvent {
  return event.type === "typing" || event.type === "presence";
}

/** For the `default` of a switch over a union: stops compiling when a variant is added and not handled. */
export function unreachable(value: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(value)}`);
}
