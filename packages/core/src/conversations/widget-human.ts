/**
 * A visitor asks for a person.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import type { VisitorConversation } from "@axon/contracts/widget";
import { sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { appendMessage } from "./append-message.ts";
import { changeConversation } from "./change.ts";
import { awayText, pendingFor } from "./hand-to-people.ts";
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
  await noteHandoff(ws, locked.id, locked.messageSeq + 1);
  const actor = { kind: "contact", id: visitor.contactId } as const;
  const open =
    locked.status === "resolved" ? await changeConversation(ws, locked, { status: "open" }, { actor, reason: "customer_asked" }) : locked;
  // The fallback message speaks of not knowing, which is not what happened here: only words meant for this are said.
  const text = awayText(locked, hours, new Date()) ?? settings.handoff.message;
  const author = paused ? ({ authorKind: "system" } as const) : ({ authorKind: "ai", authorName: settings.name } as const);
  const told = text?.trim() ? (await appendMessage(ws, open, { ...author, text })).conversation : open;
  const change = { ...pendingFor(told, "customer_asked"), waitingSince: locked.waitingSince ?? sql`now()` };
  const pending = await changeConversation(ws, told, change, { actor, reason: "customer_asked" });
  ws.emit({ type: "handoff.requested", conversationId: locked.id, reason: "customer_asked", confidence: null });
  return { conversation: toVisitorConversation(pending) };
}
