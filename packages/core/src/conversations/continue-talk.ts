/**
 * Where a customer's message belongs: in the conversation they name, or, when that was over long ago, in the one that goes on
 * from it.
 *
 * @module
 */
import { type TalkRules, talkRulesOf } from "@axon/contracts/talk-rules";
import { newId } from "@axon/db/ids";
import { channel, conversation } from "@axon/db/schema/conversations";
import { and, desc, eq, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { changeConversation } from "./change.ts";
import { findByClientId, type Incoming } from "./receive-message.ts";
import { type ConversationRow, lockConversation, readConversation } from "./view.ts";

/** How often one conversation may have gone on from another; the last is written into, however long ago it ended. */
const stepsMax = 100;
const hourMs = 3_600_000;

/**
 * Gives the conversation that a message of its customer belongs in, locked: this one, the one that goes on from it, or a new one
 * that does from now on, whose live readers are told where to look. What a machine wrote begins nothing, and a message that is
 * there already is where it is.
 */
export async function whereToWrite(ws: WorkspaceCtx, locked: ConversationRow, incoming: Incoming): Promise<ConversationRow> {
  let here = locked;
  for (let step = 0; step < stepsMax; step += 1) {
    if (here.status !== "resolved" || incoming.automatic === true) return here;
    if ((await findByClientId(ws, here.id, incoming.clientMessageId)) !== null) return here;
    const nextId = (await successorOf(ws, here.id)) ?? (await beginNext(ws, here));
    if (nextId === null) return here;
    here = await lockConversation(ws, nextId);
  }
  return here;
}

/**
 * The conversation of a contact on a channel that a new message of theirs goes to, locked; null when there is none. Two first
 * messages at once line up here: the second finds what the first began.
 */
export async function lockThread(ws: WorkspaceCtx, { channelId, contactId }: Thread): Promise<ConversationRow | null> {
  await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${ws.workspaceId}:${channelId}:${contactId}:thread`}, 0))`);
  const newest = await findThread(ws, { channelId, contactId });
  return newest === null ? null : lockConversation(ws, newest.id);
}

interface Thread {
  channelId: string;
  contactId: string;
}

/** The newest conversation of a contact on a channel: what was before it is over. */
export async function findThread(ws: WorkspaceCtx, { channelId, contactId }: Thread): Promise<ConversationRow | null> {
  const [row] = await ws.tx
    .select()
    .from(conversation)
    .where(and(eq(conversation.contactId, contactId), eq(conversation.channelId, channelId)))
    .orderBy(desc(conversation.createdAt), desc(conversation.id))
    .limit(1);
  return row ?? null;
}

/** The rules of the channel as they are now. */
export async function readTalkRules(ws: WorkspaceCtx, channelId: string): Promise<TalkRules> {
  const [row] = await ws.tx.select({ kind: channel.kind, settings: channel.settings }).from(channel).where(eq(channel.id, channelId));
  if (!row) throw new Error("a conversation has no channel");
  return talkRulesOf(row.kind, row.settings);
}

/** The conversation that goes on from this one; null when none does. */
async function successorOf(ws: WorkspaceCtx, conversationId: string): Promise<string | null> {
  const [row] = await ws.tx.select({ id: conversation.id }).from(conversation).where(eq(conversation.previousId, conversationId));
  return row?.id ?? null;
}

/** null while the channel's time to open it again is not over. */
async function beginNext(ws: WorkspaceCtx, ended: ConversationRow): Promise<string | null> {
  const { reopen } = await readTalkRules(ws, ended.channelId);
  // What was resolved before the time of it was kept has its last message's.
  const endedMs = new Date(ended.resolvedAt ?? ended.lastMessageAt).getTime();
  if (Date.now() < endedMs + reopen.withinHours * hourMs) return null;
  const id = newId();
  const { channelId, agentId, contactId } = ended;
  // Its events are numbered on from those of the one before: whoever read that one goes on here from the same place.
  const eventSeq = ended.eventSeq + ws.emitted(ended.id) + 1;
  await ws.tx
    .insert(conversation)
    .values({ workspaceId: ws.workspaceId, id, channelId, agentId, contactId, previousId: ended.id, eventSeq });
  ws.emit({ type: "conversation.created", conversationId: id, conversation: await readConversation(ws, id) });
  await changeConversation(ws, ended, {}, { actor: { kind: "contact", id: contactId }, reason: "continued", tells: { continuedIn: id } });
  return id;
}

/** Refuses with `invalid_state` and `continuedIn` when another conversation went on from this one: there is the customer now. */
export async function requireEnd(ws: WorkspaceCtx, { id }: ConversationRow): Promise<void> {
  const continuedIn = await successorOf(ws, id);
  if (continuedIn !== null) throw new Refusal("invalid_state", "The customer has gone on in another conversation", { continuedIn });
}
