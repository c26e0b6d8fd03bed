/**
 * Reading the event log for live streams.
 *
 * @module
 */
import type { LoggedEvent } from "@axon/contracts/events";
import { conversation, turn } from "@axon/db/schema/conversations";
import { event, workspaceCursor } from "@axon/db/schema/engine";
import { and, asc, desc, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { openStates } from "./turns.ts";
import { readConversation } from "./view.ts";

export interface LogRow {
  seq: number;
  event: LoggedEvent;
}

/** Events of one conversation with a number above `after`, in order. */
export async function readConversationEvents(ws: WorkspaceCtx, conversationId: string, after: number, limit: number): Promise<LogRow[]> {
  const rows = await ws.tx
    .select()
    .from(event)
    .where(and(eq(event.conversationId, conversationId), gt(event.seq, after)))
    .orderBy(asc(event.seq))
    .limit(limit);
  return rows.map((row) => ({ seq: row.seq ?? 0, event: toEvent(row) }));
}

/** Events of the workspace with a number above `after`, in order. */
export async function readWorkspaceEvents(ws: WorkspaceCtx, after: number, limit: number): Promise<LogRow[]> {
  const rows = await ws.tx.select().from(event).where(gt(event.workspaceSeq, after)).orderBy(asc(event.workspaceSeq)).limit(limit);
  return rows.map((row) => ({ seq: row.workspaceSeq, event: toEvent(row) }));
}

/**
 * Where a conversation's stream stands, what of it is kept, and which reply was in the making at `at` (null: now). A conversation
 * that is not there (any more) has nothing, so whoever held a place in it is told to begin anew.
 */
export async function conversationPlace(
  ws: WorkspaceCtx,
  conversationId: string,
  at: number | null,
): Promise<{ head: number; oldest: number; openReplyId: string | null }> {
  const [row] = await ws.tx
    .select({ head: conversation.eventSeq, oldest: sql<number | null>`${oldestOf(conversationId)}` })
    .from(conversation)
    .where(eq(conversation.id, conversationId));
  const [reply] = await ws.tx
    .select({ type: event.type, body: event.body })
    .from(event)
    .where(and(eq(event.conversationId, conversationId), sql`${event.type} like 'reply.%'`, at === null ? undefined : lte(event.seq, at)))
    .orderBy(desc(event.seq))
    .limit(1);
  const head = row?.head ?? 0;
  return {
    head,
    oldest: Number(row?.oldest ?? head + 1),
    openReplyId: reply?.type === "reply.started" ? String(reply.body["replyId"]) : null,
  };
}

function oldestOf(conversationId: string): SQL {
  return sql`(select ${event.seq} from ${event} where ${event.conversationId} = ${conversationId} order by ${event.seq} limit 1)`;
}

export async function workspacePlace(ws: WorkspaceCtx): Promise<{ head: number; oldest: number }> {
  const [row] = await ws.tx
    .select({
      head: workspaceCursor.last,
      oldest: sql<number | string | null>`(select ${event.workspaceSeq} from ${event} order by ${event.workspaceSeq} limit 1)`,
    })
    .from(workspaceCursor);
  const head = row?.head ?? 0;
  return { head, oldest: Number(row?.oldest ?? head + 1) };
}

/** A reader without a position who comes this soon after a reply still wants to see it, in seconds. */
const justEndedSeconds = 2;

/**
 * Where a reader without a position begins: before the reply that is being made or has just ended, so that "start, then
 * subscribe" sees the whole of it; otherwise at the end. Refuses with `not_found`.
 */
export async function startingPoint(ws: WorkspaceCtx, conversationId: string): Promise<number> {
  const { lastEventId } = await readConversation(ws, conversationId);
  const head = Number(lastEventId);
  const [current] = await ws.tx
    .select({
      id: turn.id,
      open: sql<boolean>`${turn.state} in ${openStates}`,
      fresh: sql<boolean>`coalesce(${turn.endedAt} > now() - ${justEndedSeconds} * interval '1 second', true)`,
    })
    .from(turn)
    .where(eq(turn.conversationId, conversationId))
    .orderBy(desc(turn.lastSeq))
    .limit(1);
  if (!current?.fresh) return head;
  const [started] = await ws.tx
    .select({ seq: event.seq })
    .from(event)
    .where(and(eq(event.conversationId, conversationId), eq(event.type, "reply.started"), sql`${event.body}->>'turnId' = ${current.id}`))
    .orderBy(desc(event.seq))
    .limit(1);
  return started?.seq ? started.seq - 1 : head;
}

function toEvent(row: typeof event.$inferSelect): LoggedEvent {
  // safe: the log holds what `emit` wrote, whose body is typed
  return { ...row.body, id: row.id, at: row.at, workspaceId: row.workspaceId } as LoggedEvent;
}
