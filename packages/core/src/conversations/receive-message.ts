/**
 * What a new message changes: a customer's asks for an answer, a person's takes the conversation over.
 *
 * @module
 */
import type { AttachedFile } from "@axon/contracts/attachments";
import type { ConversationStatus, Message } from "@axon/contracts/conversations";
import { message } from "@axon/db/schema/conversations";
import { and, eq } from "drizzle-orm";
import type { ReadAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { appendMessage } from "./append-message.ts";
import { holdAttachments } from "./attachments/attach.ts";
import { type ConversationChange, changeConversation } from "./change.ts";
import { handToPeople } from "./hand-to-people.ts";
import { isMuted, muteAgent, talksToMachine } from "./loop-guard.ts";
import { readStance, whyNoAgent } from "./stance.ts";
import { wakesAs } from "./status-rules.ts";
import { dropOpenTurn, scheduleTurn } from "./turns.ts";
import { type ConversationRow, type MessageRow, toMessage } from "./view.ts";

/** Who speaks. A member's `accountId` is null when an API key speaks for the workspace. */
export type Speaker = { as: "contact" } | { as: "member"; accountId: string | null; name: string };

export interface Incoming {
  text: string;
  clientMessageId?: string | undefined;
  automatic?: boolean | undefined;
  sentAt?: string | undefined;
  /** Files of the caller, which come with it. */
  attachmentIds?: readonly string[] | undefined;
}

/** A message whose files are held. */
type Arriving = Omit<Incoming, "attachmentIds"> & { attachments: AttachedFile[] };

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
  const arriving = { ...incoming, attachments: await holdAttachments(ws, locked, incoming.attachmentIds) };
  if (incoming.automatic === true) return keepAutomatic(ws, locked, arriving, speaker);
  return speaker.as === "contact" ? receiveFromContact(ws, locked, arriving, agent) : receiveFromMember(ws, locked, arriving, speaker);
}

/** What a machine wrote opens nothing, wakes nothing and asks nothing: it is there to be read. */
async function keepAutomatic(ws: WorkspaceCtx, locked: ConversationRow, incoming: Arriving, speaker: Speaker): Promise<Received> {
  const written = await appendMessage(ws, locked, { ...writtenBy(speaker, locked), ...contentOf(incoming), automatic: true });
  return { message: toMessage(written.message), conversation: written.conversation };
}

function writtenBy(speaker: Speaker, { contactId }: ConversationRow) {
  if (speaker.as === "contact") return { authorKind: "contact" as const, authorId: contactId };
  return { authorKind: "member" as const, authorId: speaker.accountId, authorName: speaker.name };
}

function contentOf({ text, clientMessageId, sentAt, attachments }: Arriving) {
  const at = sentAt === undefined ? null : new Date(sentAt).toISOString();
  return { text, clientMessageId: clientMessageId ?? null, sentAt: at, attachments };
}

async function receiveFromContact(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  incoming: Arriving,
  { settings }: Pick<ReadAgent, "settings">,
): Promise<Received> {
  const content = { ...writtenBy({ as: "contact" }, locked), ...contentOf(incoming) };
  const written = await appendMessage(ws, locked, content, { epoch: locked.epoch + 1 });
  const conversation = await changeConversation(
    ws,
    written.conversation,
    { status: statusAfterContact(locked) },
    { actor: { kind: "contact", id: locked.contactId }, reason: "message_received" },
  );
  const received = { message: toMessage(written.message), conversation };
  if (locked.handler !== "ai" || isMuted(locked, new Date())) return received;
  const stance = await readStance(ws, locked);
  const reason = whyNoAgent(stance, new Date());
  if (reason === null && (await talksToMachine(ws, conversation, stance.talk.loopGuard)))
    return { ...received, conversation: await muteAgent(ws, conversation, stance.talk.loopGuard) };
  if (reason === null) {
    await scheduleTurn(ws, conversation, settings.replyDelayMs);
    return received;
  }
  await dropOpenTurn(ws, locked.id, "withheld");
  return { ...received, conversation: await handToPeople(ws, conversation, { reason, settings, hours: stance.hours }) };
}

/** Whoever writes again after the end opens it again; who waits for a person goes on waiting. */
function statusAfterContact(locked: ConversationRow): ConversationStatus {
  if (locked.status === "snoozed") return wakesAs(locked);
  return locked.status === "resolved" ? "open" : locked.status;
}

async function receiveFromMember(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  incoming: Arriving,
  speaker: Extract<Speaker, { as: "member" }>,
): Promise<Received> {
  await dropOpenTurn(ws, locked.id, "taken_over");
  const content = { ...writtenBy(speaker, locked), ...contentOf(incoming) };
  const written = await appendMessage(ws, locked, content, { epoch: locked.epoch + 1 });
  const conversation = await changeConversation(ws, written.conversation, takenOverBy(speaker), {
    actor: { kind: "member", id: ws.caller.id ?? speaker.accountId },
    reason: "taken_over",
  });
  return { message: toMessage(written.message), conversation };
}

/** What makes a conversation this person's. A key has nobody to give it to: whoever has it keeps it. */
export function takenOverBy({ accountId, name }: Extract<Speaker, { as: "member" }>): ConversationChange {
  return { handler: "member", status: "open", ...(accountId === null ? {} : { assigneeId: accountId, assigneeName: name }) };
}

/** The message that bears this id in the conversation, if one does. */
export async function findByClientId(
  ws: WorkspaceCtx,
  conversationId: string,
  clientMessageId: string | undefined,
): Promise<MessageRow | null> {
  if (clientMessageId === undefined) return null;
  const [row] = await ws.tx
    .select()
    .from(message)
    .where(and(eq(message.conversationId, conversationId), eq(message.clientMessageId, clientMessageId)));
  return row ?? null;
}
