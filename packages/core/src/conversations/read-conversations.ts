/**
 * Reading conversations and their messages, page by page. What a list is narrowed by is `inbox/list-filters.ts`.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { Conversation, listMessagesInput, Message } from "@axon/contracts/conversations";
import type { ListConversationsInput } from "@axon/contracts/inbox";
import { conversation, message } from "@axon/db/schema/conversations";
import { conversationTag } from "@axon/db/schema/inbox";
import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { decodeCursor, isSeqKey, isTimeIdKey, toPage } from "../internal/paging.ts";
import { type Narrowed, narrow } from "./inbox/list-filters.ts";
import { conversationList, readConversation, selectConversations, toConversation, toMessage } from "./view.ts";

/** The newest message first. Refuses with `validation` a cursor of another list, and a key that asks for its own. */
export async function listConversations(ws: WorkspaceCtx, input: ListConversationsInput): Promise<Page<Conversation>> {
  const after = decodeCursor(input.cursor, isTimeIdKey);
  const rows = await (isPlain(input) ? plainPage(ws, input, after, input.limit + 1) : narrowedPage(ws, input, after));
  return toPage(rows, input.limit, toConversation, (row) => [row.conversation.lastMessageAt, row.conversation.id]);
}

/** What inboxes ask for over and over: the whole list, or by status or handler, in an order that one index has. */
function isPlain({ cursor: _cursor, limit: _limit, status: _status, handler: _handler, ...others }: ListConversationsInput): boolean {
  return Object.values(others).every((filter) => filter === undefined);
}

function plainPage(ws: WorkspaceCtx, { status, handler }: ListConversationsInput, after: TimeIdKey | null, limit: number) {
  const values: (string | number)[] = [];
  const given = (value: string | number) => `$${values.push(value)}`;
  const conditions = [
    ...(status === undefined ? [] : [`conversation.status = ${given(status)}`]),
    ...(handler === undefined ? [] : [`conversation.handler = ${given(handler)}`]),
    ...(after === null
      ? []
      : [`(conversation.last_message_at, conversation.id) < (${given(after[0])}::timestamptz, ${given(after[1])}::uuid)`]),
  ];
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  const order = "conversation.last_message_at desc nulls last, conversation.id desc nulls last";
  const text = `${where} order by ${order} limit ${given(limit)}`;
  return ws.tx.selectPrepared(conversationList, { text, values }, { last: true });
}

async function narrowedPage(ws: WorkspaceCtx, input: ListConversationsInput, after: TimeIdKey | null) {
  const narrowed = await narrow(ws, input);
  return narrowed === null ? [] : conversationPage(ws, narrowed, after, input.limit + 1);
}

type TimeIdKey = readonly [lastMessageAt: string, id: string];

/** The statement of a page: the newest `limit` of those that are older than `after`. */
export function conversationPage(ws: WorkspaceCtx, { conditions, branches, tag }: Narrowed, after: TimeIdKey | null, limit: number) {
  const rows = selectConversations(ws).$dynamic();
  if (tag !== undefined) {
    const ofTag = and(
      eq(conversationTag.workspaceId, conversation.workspaceId),
      eq(conversationTag.conversationId, conversation.id),
      eq(conversationTag.tag, tag),
    );
    const order = newest(conversationTag.lastMessageAt, conversationTag.conversationId);
    rows.innerJoin(conversationTag, ofTag);
    return rows
      .where(and(...conditions, older(after, conversationTag.lastMessageAt, conversationTag.conversationId)))
      .orderBy(...order)
      .limit(limit);
  }
  const order = newest(conversation.lastMessageAt, conversation.id);
  const page = and(...conditions, older(after, conversation.lastMessageAt, conversation.id));
  if (branches.length < 2)
    return rows
      .where(page)
      .orderBy(...order)
      .limit(limit);
  const newestOf = (branch: SQL) =>
    sql`(select ${conversation.id} from ${conversation} where ${and(branch, page)} order by ${sql.join(order, sql`, `)} limit ${limit})`;
  return rows
    .where(sql`${conversation.id} = any(array(${sql.join(branches.map(newestOf), sql` union all `)}))`)
    .orderBy(...order)
    .limit(limit);
}

/** As the indexes have it, nulls and all: otherwise every conversation would be read and sorted. */
function newest(at: PgColumn, id: PgColumn): [SQL, SQL] {
  return [sql`${at} desc nulls last`, sql`${id} desc nulls last`];
}

function older(after: TimeIdKey | null, at: PgColumn, id: PgColumn): SQL | undefined {
  return after === null ? undefined : sql`(${at}, ${id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`;
}

/** By number, oldest first unless asked otherwise. Refuses with `not_found` (the conversation). */
export async function listMessages(ws: WorkspaceCtx, input: z.output<typeof listMessagesInput>): Promise<Page<Message>> {
  await readConversation(ws, input.conversationId);
  const after = decodeCursor(input.cursor, isSeqKey);
  const beyond = input.order === "asc" ? gt : lt;
  const rows = await ws.tx
    .select()
    .from(message)
    .where(and(eq(message.conversationId, input.conversationId), after ? beyond(message.seq, after[0]) : undefined))
    .orderBy(input.order === "asc" ? asc(message.seq) : desc(message.seq))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toMessage, (row) => [row.seq]);
}
