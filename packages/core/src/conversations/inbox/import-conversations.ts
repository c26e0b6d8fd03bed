/**
 * Bringing in what was said elsewhere: whole conversations with their messages, many at once.
 *
 * It is history, not news: no turn is made and nothing is answered, no message goes out, and the event log tells of none of it.
 * What is written to such a conversation afterwards is as anywhere else.
 *
 * @module
 */
import type { ImportedConversation, ImportInput, ImportOutput } from "@axon/contracts/inbox";
import { copyIn } from "@axon/db/copy";
import { newId } from "@axon/db/ids";
import { conversation } from "@axon/db/schema/conversations";
import { conversationTag } from "@axon/db/schema/inbox";
import { inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { apiChannel } from "../start-conversation.ts";
import { checkParties, checkTimes } from "./check-import.ts";
import { importContacts } from "./import-contacts.ts";
import { messageLexemes } from "./words.ts";

interface Brought {
  id: string;
  contactId: string;
  given: ImportedConversation;
}

/**
 * One commit: all or nothing. A conversation whose `externalId` is there already is left as it is. Refuses with `validation` times
 * that can't be and ids that come twice, and with `not_found` agents, channels and members that there are not.
 */
export async function importConversations(ws: WorkspaceCtx, { conversations }: ImportInput): Promise<ImportOutput> {
  checkTimes(conversations, Date.now());
  const names = await checkParties(ws, conversations);
  const known = await knownConversations(ws, conversations);
  const missing = conversations.filter(({ externalId }) => !known.has(externalId));
  const made = missing.length === 0 ? [] : await insertConversations(ws, missing, names);
  const messages = made.reduce((sum, { given }) => sum + given.messages.length, 0);
  if (made.length > 0) {
    await insertTags(ws, made);
    await insertMessages(ws, made);
    ws.audit({
      action: "conversations.imported",
      target: { kind: "workspace", id: ws.workspaceId },
      after: { conversations: made.length, messages },
    });
  }
  const madeIds = new Map(made.map(({ id, given }) => [given.externalId, id]));
  // Those that another call brought meanwhile are neither known nor made here.
  const ids = madeIds.size === missing.length ? known : await knownConversations(ws, conversations);
  return {
    conversations: conversations.map(({ externalId }) => ({
      externalId,
      conversationId: madeIds.get(externalId) ?? ids.get(externalId) ?? "",
      created: madeIds.has(externalId),
    })),
    messages,
  };
}

async function knownConversations(ws: WorkspaceCtx, conversations: readonly ImportedConversation[]): Promise<Map<string, string>> {
  const externalIds = conversations.map(({ externalId }) => externalId);
  const rows = await ws.tx
    .select({ id: conversation.id, externalId: conversation.externalId })
    .from(conversation)
    .where(inArray(conversation.externalId, externalIds));
  return new Map(rows.map(({ id, externalId }) => [externalId ?? "", id]));
}

async function insertConversations(
  ws: WorkspaceCtx,
  missing: readonly ImportedConversation[],
  names: ReadonlyMap<string, string>,
): Promise<Brought[]> {
  const defaultChannelId = missing.some(({ channelId }) => channelId === undefined) ? await apiChannel(ws) : null;
  const contacts = await importContacts(
    ws,
    missing.map(({ contact }) => contact),
  );
  const brought = missing.map((given): Brought => {
    const contactId = contacts.get(given.contact.externalId);
    if (contactId === undefined) throw new Error("a contact was not brought in");
    return { id: newId(), contactId, given };
  });
  // In one order, so that two calls with the same conversations wait for each other rather than both for the other.
  brought.sort((one, other) => (one.given.externalId < other.given.externalId ? -1 : 1));
  const rows = await ws.tx
    .insert(conversation)
    .values(
      brought.map(({ id, contactId, given }) => ({
        ...{ workspaceId: ws.workspaceId, id, contactId, channelId: given.channelId ?? defaultChannelId ?? "", agentId: given.agentId },
        ...{ externalId: given.externalId, handler: given.handler, priority: given.priority, tags: [...new Set(given.tags)].sort() },
        ...(given.assigneeId === undefined ? {} : { assigneeId: given.assigneeId, assigneeName: names.get(given.assigneeId) ?? "" }),
        ...standing(given),
      })),
    )
    .onConflictDoNothing({ target: [conversation.workspaceId, conversation.externalId] })
    .returning({ id: conversation.id });
  const inserted = new Set(rows.map(({ id }) => id));
  return brought.filter(({ id }) => inserted.has(id));
}

/** Where a conversation stands after all that was said in it. */
function standing({ status, createdAt, messages }: ImportedConversation) {
  const lastMessageAt = isoOf(messages.at(-1)?.at ?? createdAt);
  const said = { status, createdAt: isoOf(createdAt), lastMessageAt, messageSeq: messages.length };
  if (status === "resolved") return { ...said, resolvedAt: lastMessageAt, resolution: 1, boundarySeq: messages.length };
  const answered = messages.findLastIndex(({ author }) => author === "ai" || author === "member");
  const waiting = messages.slice(answered + 1).find(({ author }) => author === "contact");
  return { ...said, waitingSince: waiting === undefined ? null : isoOf(waiting.at) };
}

async function insertTags({ workspaceId, tx }: WorkspaceCtx, made: readonly Brought[]): Promise<void> {
  const rows = made.flatMap(({ id, given }) =>
    [...new Set(given.tags)].map((tag) => ({
      workspaceId,
      conversationId: id,
      tag,
      lastMessageAt: isoOf(given.messages.at(-1)?.at ?? given.createdAt),
    })),
  );
  if (rows.length > 0) await tx.insert(conversationTag).values(rows);
}

async function insertMessages({ workspaceId, tx }: WorkspaceCtx, made: readonly Brought[]): Promise<void> {
  const rows = made.flatMap(({ id, contactId, given }) =>
    given.messages.map(({ author, name = null, text, at }, index) => [
      newId(),
      id,
      index + 1,
      author,
      author === "contact" ? contactId : null,
      name,
      text,
      isoOf(at),
      messageLexemes(workspaceId, text),
    ]),
  );
  await copyIn(
    tx,
    "brought_message",
    [
      { name: "id", type: "uuid" },
      { name: "conversation_id", type: "uuid" },
      { name: "seq", type: "integer" },
      { name: "author_kind", type: "text" },
      { name: "author_id", type: "uuid" },
      { name: "author_name", type: "text" },
      { name: "text", type: "text" },
      { name: "at", type: "text" },
      { name: "words", type: "text" },
    ],
    rows,
  );
  await tx.execute(sql`
    insert into message (workspace_id, id, conversation_id, seq, author_kind, author_id, author_name, text, created_at)
    select ${workspaceId}::uuid, id, conversation_id, seq, author_kind, author_id, author_name, text, at::timestamptz from brought_message`);
  await tx.execute(sql`
    insert into message_words (workspace_id, message_id, conversation_id, created_at, words)
    select ${workspaceId}::uuid, id, conversation_id, at::timestamptz, words::tsvector from brought_message`);
}

/** To the millisecond, in UTC, as the columns have it. */
function isoOf(moment: string): string {
  return new Date(moment).toISOString();
}
