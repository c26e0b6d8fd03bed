/**
 * A visitor asks for a person.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import type { VisitorConversation } from "@axon/contracts/widget";
import { conversation } from "@axon/db/schema/conversations";
import { eq, sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { appendMessage } from "./append-message.ts";
import { awayText } from "./hand-to-people.ts";
import { noteHandoff } from "./outcomes.ts";
import { readStance } from "./stance.ts";
import { lockConversation } from "./view.ts";
import { toVisitorConversation } from "./visitor-view.ts";
import { findVisitorConversation } from "./widget-read.ts";

/** Whether an agent of these settings gives a conversation to a person when the customer asks. */
export function handsOverOnRequest({ handoff }: AgentSettings): boolean {
  return handoff.enabled && handoff.onRequest;
}

/**
 * Marks the visitor's conversation as waiting for a person. A conversation that waits, or that a person has, stays as it is.
 * Refuses with `invalid_state` before the first message, and where the agent hands nobody over.
 */
export async function requestHuman(ws: WorkspaceCtx, visitor: Visitor): Promise<{ conversation: VisitorConversation }> {
  const own = await findVisitorConversation(ws, visitor);
  if (own === null) throw new Refusal("invalid_state", "There is no conversation yet, write a message first");
  const locked = await lockConversation(ws, own.id);
  const waits = locked.status === "pending" || (locked.status === "open" && locked.handler === "member");
  if (waits) return { conversation: toVisitorConversation(locked) };
  const { settings } = await readAgent(ws, locked.agentId);
  const { paused, hours } = await readStance(ws, locked);
  // Where no agent answers, people are all there is.
  if (!paused && !handsOverOnRequest(settings)) throw new Refusal("invalid_state", "This agent does not hand conversations to a person");
  const [pending] = await ws.tx
    .update(conversation)
    .set({ status: "pending", handoffReason: "customer_asked", handoffAt: sql`now()` })
    .where(eq(conversation.id, locked.id))
    .returning();
  if (!pending) throw new Error("a locked conversation vanished");
  await noteHandoff(ws, locked.id, locked.messageSeq + 1);
  // The fallback message speaks of not knowing, which is not what happened here: only words meant for this are said.
  const text = awayText(locked, hours, new Date()) ?? settings.handoff.message;
  const author = paused ? ({ authorKind: "system" } as const) : ({ authorKind: "ai", authorName: settings.name } as const);
  const said = text?.trim() ? await appendMessage(ws, pending, { ...author, text }) : null;
  const change = { conversationId: locked.id, reason: "customer_asked" } as const;
  ws.emit({ type: "conversation.updated", ...change, status: "pending", handler: locked.handler, actor: "contact" });
  ws.emit({ type: "handoff.requested", ...change, confidence: null });
  return { conversation: toVisitorConversation(said?.conversation ?? pending) };
}
