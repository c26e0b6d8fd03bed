/**
 * A conversation begins with its first message.
 *
 * @module
 */
import type { Conversation, Message, StartInput } from "@axon/contracts/conversations";
import { newId } from "@axon/db/ids";
import { channel, contact, conversation, message } from "@axon/db/schema/conversations";
import { and, asc, eq, sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { receiveMessage, type Speaker } from "./receive-message.ts";
import { lockConversation, readConversation, toMessage } from "./view.ts";

/**
 * Opens a conversation on the `api` channel. The same `clientMessageId` again gives the conversation it began.
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
  if (agent.status === "archived") throw new Refusal("invalid_state", "This agent is archived");
  const id = newId();
  const contactId = await contactFor(ws, input.contact ?? {});
  await ws.tx.insert(conversation).values({ workspaceId: ws.workspaceId, id, channelId, agentId: input.agentId, contactId, startKey });
  ws.emit({ type: "conversation.created", conversationId: id, conversation: await readConversation(ws, id) });
  const received = await receiveMessage(ws, await lockConversation(ws, id), input, speaker, agent);
  const made = await readConversation(ws, id);
  // The log numbers this commit's events when it ends; a new conversation's begin at 1.
  return { conversation: { ...made, lastEventId: String(ws.emitted(id)) }, message: received.message };
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

async function apiChannel(ws: WorkspaceCtx): Promise<string> {
  const find = () => ws.tx.select({ id: channel.id }).from(channel).where(eq(channel.kind, "api"));
  const [found] = await find();
  if (found) return found.id;
  await ws.tx.insert(channel).values({ workspaceId: ws.workspaceId, id: newId(), kind: "api" }).onConflictDoNothing();
  const [made] = await find();
  if (!made) throw new Error("the api channel was not made");
  return made.id;
}

/** The contact with this external id, with what is new about them; a new one when none is known or no id is given. */
async function contactFor(ws: WorkspaceCtx, given: NonNullable<StartInput["contact"]>): Promise<string> {
  const { externalId = null, name = null, email = null } = given;
  const [row] = await ws.tx
    .insert(contact)
    .values({ workspaceId: ws.workspaceId, id: newId(), externalId, name, email })
    .onConflictDoUpdate({
      target: [contact.workspaceId, contact.externalId],
      set: { name: sql`coalesce(excluded.name, ${contact.name})`, email: sql`coalesce(excluded.email, ${contact.email})` },
    })
    .returning({ id: contact.id });
  if (!row) throw new Error("a contact was not inserted");
  return row.id;
}
