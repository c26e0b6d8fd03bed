/**
 * A conversation begins with its first message.
 *
 * @module
 */
import type { Conversation, Message, StartInput } from "@axon/contracts/conversations";
import { newId } from "@axon/db/ids";
import { channel, conversation, message } from "@axon/db/schema/conversations";
import { and, asc, eq, sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { nameOf } from "./contacts/names.ts";
import { resolveContact } from "./contacts/resolve-contact.ts";
import { lockThread, readTalkRules, whereToWrite } from "./continue-talk.ts";
import { receiveMessage, type Speaker } from "./receive-message.ts";
import { type ConversationRow, lockConversation, readChanged, readConversation, toMessage } from "./view.ts";

/**
 * Opens a conversation on the `api` channel, or writes into the one that its contact has under way, where the channel or the caller
 * wants one at a time. The same `clientMessageId` again gives the conversation it began.
 * Refuses with `not_found` (the agent), and with `invalid_state` when it is archived.
 */
export async function startConversation(
  ws: WorkspaceCtx,
  input: StartInput,
  speaker: Speaker,
): Promise<{ conversation: Conversation; message: Message }> {
  const agent = await readAgent(ws, input.agentId);
  const channelId = await apiChannel(ws);
  const startKey = input.clientMessageId ?? null;
  if (startKey !== null) {
    // Fifty copies at once line up here; the first makes the conversation and the others find it.
    await ws.tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${ws.workspaceId}:${startKey}`}, 0))`);
    const earlier = await findStarted(ws, channelId, startKey);
    if (earlier) return earlier;
  }
  const contactId = await contactFor(ws, input.contact ?? {});
  const thread = await threadFor(ws, input, { channelId, contactId });
  if (thread !== null) {
    const received = await receiveMessage(ws, thread, input, speaker, await readAgent(ws, thread.agentId));
    return { conversation: await readChanged(ws, thread.id), message: received.message };
  }
  if (agent.status === "archived") throw new Refusal("invalid_state", "This agent is archived");
  const id = newId();
  await ws.tx.insert(conversation).values({ workspaceId: ws.workspaceId, id, channelId, agentId: input.agentId, contactId, startKey });
  ws.emit({ type: "conversation.created", conversationId: id, conversation: await readConversation(ws, id) });
  const received = await receiveMessage(ws, await lockConversation(ws, id), input, speaker, agent);
  return { conversation: await readChanged(ws, id), message: received.message };
}

/** The conversation that the contact has under way, locked, where they are to have one at a time; null to begin another. */
async function threadFor(
  ws: WorkspaceCtx,
  input: StartInput,
  thread: { channelId: string; contactId: string },
): Promise<ConversationRow | null> {
  const { externalId, email, phone } = input.contact ?? {};
  if ((externalId ?? email ?? phone) === undefined) return null; // Whom nobody can name again has written for the first time.
  const one = input.continueConversation ?? (await readTalkRules(ws, thread.channelId)).threads === "one";
  const newest = one ? await lockThread(ws, thread) : null;
  return newest === null ? null : whereToWrite(ws, newest, input);
}

async function findStarted(
  ws: WorkspaceCtx,
  channelId: string,
  startKey: string,
): Promise<{ conversation: Conversation; message: Message } | null> {
  const [row] = await ws.tx
    .select({ id: conversation.id })
    .from(conversation)
    .where(and(eq(conversation.channelId, channelId), eq(conversation.startKey, startKey)));
  if (!row) return null;
  const [first] = await ws.tx.select().from(message).where(eq(message.conversationId, row.id)).orderBy(asc(message.seq)).limit(1);
  if (!first) throw new Error("a conversation has no first message");
  return { conversation: await readConversation(ws, row.id), message: toMessage(first) };
}

/** The workspace's own channel for what comes by the API; made when it is first needed. */
export async function apiChannel(ws: WorkspaceCtx): Promise<string> {
  const find = () => ws.tx.select({ id: channel.id }).from(channel).where(eq(channel.kind, "api"));
  const [found] = await find();
  if (found) return found.id;
  await ws.tx.insert(channel).values({ workspaceId: ws.workspaceId, id: newId(), kind: "api" }).onConflictDoNothing();
  const [made] = await find();
  if (!made) throw new Error("the api channel was not made");
  return made.id;
}

/** The contact whom the caller names, with what is new about them; a new one when nobody is known by that, or nothing is given. */
async function contactFor(ws: WorkspaceCtx, given: NonNullable<StartInput["contact"]>): Promise<string> {
  const { externalId, name = null, email = null, phone = null, locale = null } = given;
  // Whoever may start conversations here vouches for whom they are with.
  const names = [nameOf("external", externalId, true), nameOf("email", email, true), nameOf("phone", phone, true)];
  return resolveContact(ws, {
    names: names.filter((one) => one !== null),
    about: { name, email, phone, locale },
    overwrites: true,
    signed: false,
    anonymousId: null,
  });
}
