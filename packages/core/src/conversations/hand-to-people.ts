/**
 * A conversation that no agent answers: people are asked, and the customer is told once.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import type { HandoffReason } from "@axon/contracts/answers";
import type { BusinessHours } from "@axon/contracts/business-hours";
import { message, turn } from "@axon/db/schema/conversations";
import { and, desc, eq, ne, sql } from "drizzle-orm";
import { isOpen, outOfHoursText, stillClosedSince } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { appendMessage } from "./append-message.ts";
import { type ConversationChange, changeConversation } from "./change.ts";
import type { Stance } from "./stance.ts";
import { endTurn, type OpenTurn } from "./turns.ts";
import type { ConversationRow } from "./view.ts";

/** Said where the agent has no words of its own for it; its fallback message speaks of not knowing, which is not what happened. */
const neutralText = "Thank you for your message. A colleague will reply to you here.";

export interface Handing {
  reason: "agent_paused" | "business_hours";
  settings: AgentSettings;
  hours: BusinessHours | null;
  turnId?: string;
}

/**
 * Marks a locked conversation as waiting for a person, and tells the customer so in words that are not the agent's. One that
 * waits already, and whose customer knows, stays as it is. Gives the conversation as it is now.
 */
export async function handToPeople(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  { reason, settings, hours, turnId }: Handing,
): Promise<ConversationRow> {
  if (locked.status === "pending" && (await knowsToWait(ws, locked))) return locked;
  const text = awayText(locked, hours, new Date()) ?? (settings.handoff.message?.trim() || neutralText);
  const said = await appendMessage(ws, locked, { authorKind: "system", text });
  const after = await changeConversation(ws, said.conversation, pendingFor(said.conversation, reason), {
    actor: { kind: "system", id: null },
    reason,
  });
  ws.emit({ type: "handoff.requested", conversationId: locked.id, ...(turnId === undefined ? {} : { turnId }), reason, confidence: null });
  return after;
}

/** What makes a conversation wait for a person: what was said so far, the promise of one included, is of a matter that is over. */
export function pendingFor({ messageSeq }: ConversationRow, reason: HandoffReason): ConversationChange {
  return { status: "pending", handoffReason: reason, handoffAt: sql`now()`, boundarySeq: messageSeq };
}

/** Ends a turn that must not be answered any more, and hands its conversation to people. */
export async function standDown(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  open: OpenTurn,
  { settings, stance }: { settings: AgentSettings; stance: Stance },
): Promise<void> {
  await endTurn(ws, open.id, "handed_off");
  if (open.state === "thinking" && open.replyId !== null)
    ws.emit({ type: "reply.failed", conversationId: locked.id, replyId: open.replyId, turnId: open.id, reason: "agent_paused" });
  await handToPeople(ws, locked, { reason: "agent_paused", settings, hours: stance.hours, turnId: open.id });
}

/**
 * What a customer who is given to a person is told while nobody is there; null when somebody is, or when they were told and
 * nobody has been there since.
 */
export function awayText(
  { status, handoffAt }: Pick<ConversationRow, "status" | "handoffAt">,
  hours: BusinessHours | null,
  now: Date,
): string | null {
  if (hours === null || isOpen(hours, now)) return null;
  const told = status === "pending" && handoffAt !== null && stillClosedSince(hours, new Date(handoffAt), now);
  return told ? null : outOfHoursText(hours, now);
}

/** Whether the last that a customer was told is that a person will come: an answer since then makes them expect another. */
async function knowsToWait(ws: WorkspaceCtx, { id }: ConversationRow): Promise<boolean> {
  const [last] = await ws.tx
    .select({ authorKind: message.authorKind, turnState: turn.state })
    .from(message)
    .leftJoin(turn, and(eq(turn.workspaceId, message.workspaceId), eq(turn.id, message.turnId)))
    .where(and(eq(message.conversationId, id), eq(message.visibility, "public"), ne(message.authorKind, "contact")))
    .orderBy(desc(message.seq))
    .limit(1);
  if (!last) return true;
  return last.authorKind === "system" || (last.authorKind === "ai" && last.turnState !== "settled");
}
