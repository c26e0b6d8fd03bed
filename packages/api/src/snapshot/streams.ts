/**
 * What the subscriptions give: the union of events, as a schema, and which subscription gives which.
 *
 * @module
 */
import {
  type DeltaEvent,
  eventBody,
  type LoggedEvent,
  type PresenceEvent,
  type ResyncEvent,
  type TypingEvent,
} from "@axon/contracts/events";
import { visitorEvent } from "@axon/contracts/widget";
import { z } from "zod";
import { formsOf, type JsonSchema, jsonSchemaOf } from "../json-schema.ts";
import type { SubscriptionPath } from "../rest/route.ts";

type Frame = Pick<LoggedEvent, "id" | "at" | "workspaceId">;
const frame: z.ZodType<Frame> = z.object({ id: z.string(), at: z.string(), workspaceId: z.uuid() });
const delta: z.ZodType<Omit<DeltaEvent, keyof Frame>> = z.object({
  type: z.literal("reply.delta"),
  conversationId: z.uuid(),
  replyId: z.uuid(),
  index: z.int(),
  text: z.string(),
});
const resync: z.ZodType<Pick<ResyncEvent, "type">> = z.object({ type: z.literal("resync"), conversationId: z.uuid().optional() });

const typing: z.ZodType<Pick<TypingEvent, "type">> = z.object({
  type: z.literal("typing"),
  conversationId: z.uuid(),
  actor: z.object({ kind: z.enum(["contact", "ai", "member"]), id: z.string().optional(), name: z.string().optional() }),
  on: z.boolean(),
  until: z.string(),
});
const presence: z.ZodType<Pick<PresenceEvent, "type">> = z.object({
  type: z.literal("presence"),
  accountId: z.uuid(),
  online: z.boolean(),
});

/** Each subscription and the name of what it gives. One that is missing does not compile. */
export const streams: Readonly<Record<SubscriptionPath, "StreamEvent" | "VisitorEvent">> = {
  "knowledge.onProgress": "StreamEvent",
  "conversations.onConversation": "StreamEvent",
  "conversations.onWorkspace": "StreamEvent",
  "widget.onMessages": "VisitorEvent",
};

/** The events by that name. Every one of `StreamEvent` bears the frame: its id, its time and its workspace. */
export function eventSchemas(): Record<"StreamEvent" | "VisitorEvent", JsonSchema> {
  const { properties, required = [] } = jsonSchemaOf(frame, "output");
  const bodies = [eventBody, delta, resync, typing, presence].flatMap((schema) => formsOf(jsonSchemaOf(schema, "output")));
  const framed = bodies.map((body) => ({
    ...body,
    properties: { ...properties, ...body.properties },
    required: [...required, ...(body.required ?? [])],
  }));
  return { StreamEvent: { oneOf: framed }, VisitorEvent: { oneOf: formsOf(jsonSchemaOf(visitorEvent, "output")) } };
}
