/**
 * Two machines that answer each other never stop by themselves. Here one of them is us: an agent that has said too much to one
 * contact in too little time is silent for a while, and people are told.
 *
 * @module
 */
import type { TalkRules } from "@axon/contracts/talk-rules";
import { conversation, message } from "@axon/db/schema/conversations";
import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { appendMessage } from "./append-message.ts";
import { changeConversation } from "./change.ts";
import { dropOpenTurn } from "./turns.ts";
import type { ConversationRow } from "./view.ts";

type LoopGuard = TalkRules["loopGuard"];

/** The longer of the two spans that are looked at, in minutes: two machines that take their time go round in it all the same. */
const sustainedMinutes = 10;
/** Conversations of one contact that are looked at, the liveliest first. */
const conversationsMax = 20;

/** True while no agent answers here because it talked to a machine. */
export function isMuted({ mutedUntil }: Pick<ConversationRow, "mutedUntil">, now: Date): boolean {
  return mutedUntil !== null && new Date(mutedUntil) > now;
}

/** Whether the agents of this workspace have said more to this contact than a person can have asked. */
export async function talksToMachine(ws: WorkspaceCtx, { contactId }: ConversationRow, guard: LoopGuard): Promise<boolean> {
  if (guard === null) return false;
  const since = sql`now() - ${sustainedMinutes} * interval '1 minute'`;
  const lively = ws.tx
    .select({ id: conversation.id })
    .from(conversation)
    .where(and(eq(conversation.contactId, contactId), gt(conversation.lastMessageAt, since)))
    .orderBy(desc(conversation.lastMessageAt))
    .limit(conversationsMax)
    .as("lively");
  const sustainedMax = 2 * guard.repliesPerMinute;
  // Of each conversation only its end is read: what a loop of that length would fill.
  const said = ws.tx
    .select({ authorKind: message.authorKind, createdAt: message.createdAt })
    .from(message)
    .where(and(eq(message.workspaceId, ws.workspaceId), eq(message.conversationId, lively.id)))
    .orderBy(desc(message.seq))
    .limit(4 * sustainedMax)
    .as("said");
  const [counted] = await ws.tx
    .select({
      lately: sql<number>`count(*) filter (where ${said.createdAt} > now() - interval '1 minute')::int`,
      sustained: sql<number>`count(*)::int`,
    })
    .from(lively)
    .crossJoinLateral(said)
    .where(and(eq(said.authorKind, "ai"), gt(said.createdAt, since)));
  return counted !== undefined && (counted.lately >= guard.repliesPerMinute || counted.sustained >= sustainedMax);
}

/**
 * Silences the agent in a locked conversation, and asks for a person. Nothing is said to the other side: it would be answered.
 * Gives the conversation as it is now.
 */
export async function muteAgent(ws: WorkspaceCtx, locked: ConversationRow, guard: LoopGuard): Promise<ConversationRow> {
  if (guard === null) throw new Error("an agent was muted where nothing guards it");
  await dropOpenTurn(ws, locked.id, "withheld");
  const reason = "loop_guard";
  const note = `The agent is silent here for ${guard.muteMinutes} minutes: it gave this contact ${guard.repliesPerMinute} replies in a minute, or ${2 * guard.repliesPerMinute} in ${sustainedMinutes}. It may be talking to a machine.`;
  const noted = await appendMessage(ws, locked, { authorKind: "system", visibility: "internal", text: note });
  const muted = await changeConversation(
    ws,
    noted.conversation,
    {
      status: "pending",
      handoffReason: reason,
      handoffAt: sql`now()`,
      mutedUntil: sql`now() + ${guard.muteMinutes} * interval '1 minute'`,
    },
    { actor: { kind: "system", id: null }, reason },
  );
  ws.emit({ type: "handoff.requested", conversationId: locked.id, reason, confidence: null });
  return muted;
}
