/**
 * What every variant sends: one event as a customer's message makes it, about 600 bytes of JSON. Only its number changes.
 *
 * @module
 */
import type { LoggedEvent } from "@axon/contracts/events";

const text =
  "Hello, I ordered the blue one last Tuesday and the parcel says it was delivered, but nobody here has seen it. " +
  "Could you look where it went, and send me another one if it is lost? My order number is 48213.";

export const workspaceId = "01930000-0000-7000-8000-000000000001";

/** A uuid for each connection. */
export function conversationOf(connection: number): string {
  return `01930000-0000-7000-8000-${String(connection).padStart(12, "0")}`;
}

export function messageEvent(connection: number, seq: number): LoggedEvent {
  const conversationId = conversationOf(connection);
  const at = "2026-01-01T00:00:00.000Z";
  return {
    type: "message.created",
    id: conversationId,
    at,
    workspaceId,
    conversationId,
    message: {
      id: conversationId,
      conversationId,
      seq,
      author: { kind: "contact", id: conversationId, name: "Ada" },
      text,
      visibility: "public",
      attachments: [],
      citations: [],
      confidence: null,
      createdAt: at,
    },
  };
}
