/**
 * What a new message changes: a customer's asks for an answer, a person's takes the conversation over.
 *
 * @module
 */
import type { Message } from "@axon/contracts/conversations";
import { message } from "@axon/db/schema/conversations";
import { and, eq } from "drizzle-orm";
import type { ReadAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { appendMessage } from "./append-message.ts";
import { handToPeople } from "./hand-to-people.ts";
import { readStance, whyNoAgent } from "./stance.ts";
import { dropOpenTurn, scheduleTurn } from "./turns.ts";
import { type ConversationRow, type MessageRow, toMessage } from "./view.ts";

/** Who speaks. A member's `accountId` is null when an API key speaks for the workspace. */
export type Speaker = { as: "contact" } | { as: "member"; accountId: string | null; name: string };

export interface Incoming {
  text: string;
  clientMessageId?: string | undefined;
}

interface Received {
  message: Message;
  conversation: ConversationRow;
}

/** Takes a message into a locked conversation. The same `clientMessageId` again gives the first message and changes nothing. */
export async function receiveMessage(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  incoming: Incoming,
  speaker: Speaker,
  agent: Pick<ReadAgent, "settings">,
): Promise<Received> {
  const earlier = await findByClientId(ws, locked.id, incoming.clientMessageId);
  if (earlier) return { message: toMessage(earlier), conversation: locked };
  return speaker.as === "contact" ? receiveFromContact(ws, locked, incoming, agent) : receiveFromMember(ws, locked, incoming, speaker);
}

async function receiveFromContact(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  incoming: Incoming,
  { settings }: Pick<ReadAgent, "settings">,
): Promise<Received> {
  // Whoever writes again after the end opens it again; who waits for a person goes on waiting.
  const status = locked.status === "resolved" || locked.status === "snoozed" ? "open" : locked.status;
  const written = await appendMessage(
    ws,
    locked,
    { authorKind: "contact", authorId: locked.contactId, text: incoming.text, clientMessageId: incoming.clientMessageId ?? null },
    { epoch: locked.epoch + 1, status },
  );
  if (status !== locked.status) {
    ws.emit({
      type: "conversation.updated",
      conversationId: locked.id,
      status,
      handler: locked.handler,
      actor: "contact",
      reason: "message_received",
    });
  }
  const received = { message: toMessage(written.message), conversation: written.conversation };
  if (locked.handler !== "ai") return received;
  const stance = await readStance(ws, locked);
  const reason = whyNoAgent(stance, new Date());
  if (reason === null) {
    await scheduleTurn(ws, written.conversation, settings.replyDelayMs);
    return received;
  }
  await dropOpenTurn(ws, locked.id, "withheld");
  return { ...received, conversation: await handToPeople(ws, written.conversation, { reason, settings, hours: stance.hours }) };
}

async function receiveFromMember(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  incoming: Incoming,
  speaker: Extract<Speaker, { as: "member" }>,
): Promise<Received> {
  await dropOpenTurn(ws, locked.id, "taken_over");
  const written = await appendMessage(
    ws,
    locked,
    {
      authorKind: "member",
      authorId: speaker.accountId,
      authorName: speaker.name,
      text: incoming.text,
      clientMessageId: incoming.clientMessageId ?? null,
    },
    {
      epoch: locked.epoch + 1,
      handler: "member",
      status: "open",
      ...(speaker.accountId === null ? {} : { assigneeId: speaker.accountId, assigneeName: speaker.name }),
    },
  );
  if (locked.handler !== "member" || locked.status !== "open") {
    ws.emit({
      type: "conversation.updated",
      conversationId: locked.id,
      status: "open",
      handler: "member",
      actor: "member",
      reason: "taken_over",
    });
  }
  return { message: toMessage(written.message), conversation: written.conversation };
}

async function findByClientId(ws: WorkspaceCtx, conversationId: string, clientMessageId: string | undefined): Promise<MessageRow | null> {
  if (clientMessageId === undefined) return null;
  const [row] = await ws.tx
    .select()
    .from(message)
    .where(and(eq(message.conversationId, conversationId), eq(message.clientMessageId, clientMessageId)));
  return row ?? null;
}
