/**
 * Reading conversations and their messages.
 *
 * @module
 */
import type { Page } from "@axon/contracts/common";
import type { Conversation, listConversationsInput, listMessagesInput, Message } from "@axon/contracts/conversations";
import { conversation, message } from "@axon/db/schema/conversations";
import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { decodeCursor, isSeqKey, isTimeIdKey, toPage } from "../internal/paging.ts";
import { readConversation, selectConversations, toConversation, toMessage } from "./view.ts";

/** The newest message first. */
export async function listConversations(ws: WorkspaceCtx, input: z.output<typeof listConversationsInput>): Promise<Page<Conversation>> {
  const after = decodeCursor(input.cursor, isTimeIdKey);
  const rows = await selectConversations(ws)
    .where(
      and(
        input.status === undefined ? undefined : eq(conversation.status, input.status),
        input.handler === undefined ? undefined : eq(conversation.handler, input.handler),
        input.agentId === undefined ? undefined : eq(conversation.agentId, input.agentId),
        after ? sql`(${conversation.lastMessageAt}, ${conversation.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : undefined,
      ),
    )
    .orderBy(desc(conversation.lastMessageAt), desc(conversation.id))
    .limit(input.limit + 1);
  return toPage(rows, input.limit, toConversation, (row) => [row.conversation.lastMessageAt, row.conversation.id]);
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
