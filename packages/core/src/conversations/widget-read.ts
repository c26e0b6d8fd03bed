/**
 * What a visitor reads: their one conversation, and where its stream stands.
 *
 * @module
 */
import type { VisitorHistory, VisitorHistoryInput } from "@axon/contracts/widget";
import { message } from "@axon/db/schema/conversations";
import { and, desc, eq, lt } from "drizzle-orm";
import type { Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { decodeCursor, isSeqKey, toPage } from "../internal/paging.ts";
import { findThread } from "./continue-talk.ts";
import { startingPoint } from "./event-log.ts";
import { type ConversationRow, toMessage } from "./view.ts";
import { toVisitorMessage, visitorConversationId } from "./visitor-view.ts";

type WhoVisits = Pick<Visitor, "channelId" | "contactId">;

/** The visitor's conversation, the newest of them; null before their first message. */
export async function findVisitorConversation(ws: WorkspaceCtx, visitor: WhoVisits): Promise<ConversationRow | null> {
  return findThread(ws, visitor);
}

/** Newest first, public messages only. Empty before the first message. */
export async function visitorHistory(ws: WorkspaceCtx, visitor: WhoVisits, input: VisitorHistoryInput): Promise<VisitorHistory> {
  const before = decodeCursor(input.cursor, isSeqKey);
  const own = await findVisitorConversation(ws, visitor);
  if (own === null) return { items: [], nextCursor: null };
  const rows = await ws.tx
    .select()
    .from(message)
    .where(and(eq(message.conversationId, own.id), eq(message.visibility, "public"), before ? lt(message.seq, before[0]) : undefined))
    .orderBy(desc(message.seq))
    .limit(input.limit + 1);
  return toPage(
    rows,
    input.limit,
    (row) => toVisitorMessage(toMessage(row)),
    (row) => [row.seq],
  );
}

/** Which stream is the visitor's, and where a reader without a place begins in it. */
export async function visitorPlace(ws: WorkspaceCtx, visitor: WhoVisits): Promise<{ conversationId: string; begin: number }> {
  const own = await findVisitorConversation(ws, visitor);
  return { conversationId: own?.id ?? visitorConversationId(visitor), begin: own === null ? 0 : await startingPoint(ws, own.id) };
}
