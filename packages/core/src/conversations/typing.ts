/**
 * Somebody is writing. Nothing of it is stored: what a caller gets is what to tell to those who look on.
 *
 * @module
 */
import { type TypingEvent, typingMs } from "@axon/contracts/events";
import type { Limits } from "@axon/contracts/limits";
import { typingEverySeconds } from "@axon/contracts/presence";
import { newId } from "@axon/db/ids";
import { conversation } from "@axon/db/schema/conversations";
import { eq } from "drizzle-orm";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound } from "../errors.ts";
import type { Speaker } from "./receive-message.ts";
import { findVisitorConversation } from "./widget-read.ts";

/** What is told of somebody who writes, or has stopped. Refuses with `not_found`. */
export async function typingOf(
  ws: WorkspaceCtx,
  { conversationId, on }: { conversationId: string; on: boolean },
  speaker: Speaker,
): Promise<TypingEvent> {
  const [row] = await ws.tx.select({ id: conversation.id }).from(conversation).where(eq(conversation.id, conversationId));
  if (!row) throw notFound("conversation");
  return toTyping(ws.workspaceId, conversationId, on, actorOf(speaker));
}

/** The same for a visitor; null before their first message, when nobody looks on. */
export async function typingOfVisitor(ws: WorkspaceCtx, visitor: Visitor, on: boolean): Promise<TypingEvent | null> {
  const own = await findVisitorConversation(ws, visitor);
  return own === null ? null : toTyping(ws.workspaceId, own.id, on, { kind: "contact" });
}

/** False when the same actor was told of a moment ago. That somebody has stopped is always told. */
export async function mayTellTyping(limits: Limits, { conversationId, actor, on }: TypingEvent): Promise<boolean> {
  if (!on) return true;
  const limit = { name: "typing", points: 1, seconds: typingEverySeconds };
  return (await limits.take(limit, `${conversationId}:${actor.kind}:${actor.id ?? ""}`)).ok;
}

function actorOf(speaker: Speaker): TypingEvent["actor"] {
  if (speaker.as === "contact") return { kind: "contact" };
  return { kind: "member", name: speaker.name, ...(speaker.accountId === null ? {} : { id: speaker.accountId }) };
}

function toTyping(workspaceId: string, conversationId: string, on: boolean, actor: TypingEvent["actor"]): TypingEvent {
  const now = Date.now();
  const at = new Date(now).toISOString();
  return {
    type: "typing",
    id: newId(),
    at,
    workspaceId,
    conversationId,
    actor,
    on,
    until: new Date(on ? now + typingMs : now).toISOString(),
  };
}
