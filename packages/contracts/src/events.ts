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
    reason: z.string(),
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
    reason: z.enum(["newer_message", "taken_over", "withheld", "restarted"]),
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

export type StreamEvent = LoggedEvent | DeltaEvent | ResyncEvent;

/** For the `default` of a switch over a union: stops compiling when a variant is added and not handled. */
export function unreachable(value: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(value)}`);
}
