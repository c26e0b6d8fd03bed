/**
 * Turns: what a customer's message obliges us to. All of these run while the conversation is locked.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import { turn } from "@axon/db/schema/conversations";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import type { ConversationRow } from "./view.ts";

export const openStates = ["received", "claimed", "thinking"] as const;
/** The turn, if it is open, due, and in no living worker's hands. */
export function readyTurn(turnId: string) {
  return and(
    eq(turn.id, turnId),
    inArray(turn.state, openStates),
    sql`${turn.dueAt} <= now() and (${turn.leaseUntil} is null or ${turn.leaseUntil} < now())`,
  );
}

export type TurnRow = typeof turn.$inferSelect;

/** A burst is answered after this many delays at the latest, however long it goes on. */
const delaysMax = 5;

/**
 * Makes the newest message part of a turn. A turn that nobody has begun is extended, so that a burst is answered once;
 * one that is being answered is superseded, and the new one takes its questions over. `firstSeq` is the first message that waits
 * for an answer, the newest unless said otherwise.
 */
export async function scheduleTurn(
  ws: WorkspaceCtx,
  conversation: ConversationRow,
  replyDelayMs: number,
  firstSeq: number = conversation.messageSeq,
): Promise<void> {
  const open = await readOpenTurn(ws, conversation.id);
  if (open?.state === "received") {
    await ws.tx
      .update(turn)
      .set({
        epoch: conversation.epoch,
        lastSeq: conversation.messageSeq,
        dueAt: sql`least(now() + ${replyDelayMs} * interval '1 millisecond', ${turn.createdAt} + ${replyDelayMs * delaysMax} * interval '1 millisecond')`,
      })
      .where(eq(turn.id, open.id));
    queueReply(ws, open.id, conversation.messageSeq, replyDelayMs);
    return;
  }
  if (open) await supersedeTurn(ws, open, "newer_message");
  const id = newId();
  await ws.tx.insert(turn).values({
    workspaceId: ws.workspaceId,
    id,
    conversationId: conversation.id,
    epoch: conversation.epoch,
    firstSeq: open?.firstSeq ?? firstSeq,
    lastSeq: conversation.messageSeq,
    boundarySeq: conversation.boundarySeq,
    dueAt: sql`now() + ${replyDelayMs} * interval '1 millisecond'`,
  });
  queueReply(ws, id, conversation.messageSeq, replyDelayMs);
}

/** Ends the open turn, if there is one: a person has stepped in, the matter is over, or no agent answers here for now. */
export async function dropOpenTurn(
  ws: WorkspaceCtx,
  conversationId: string,
  reason: "taken_over" | "withheld" | "resolved",
): Promise<void> {
  const open = await readOpenTurn(ws, conversationId);
  if (open) await supersedeTurn(ws, open, reason);
}

export type OpenTurn = Pick<TurnRow, "id" | "state" | "replyId">;

/** Whatever a worker still makes of it is too late. */
export async function endTurn(ws: WorkspaceCtx, turnId: string, state: "superseded" | "handed_off"): Promise<void> {
  await ws.tx.update(turn).set({ state, endedAt: sql`now()`, leaseUntil: null }).where(eq(turn.id, turnId));
}

/** Has a turn looked at by a worker. Every message of a burst has a job of its own; those that come too early do nothing. */
export function queueReply(ws: WorkspaceCtx, turnId: string, cause: number | string, delayMs: number): void {
  ws.enqueue("reply.generate", { workspaceId: ws.workspaceId, turnId }, { key: `reply-${turnId}-${cause}`, delayMs });
}

export async function readOpenTurn(ws: WorkspaceCtx, conversationId: string): Promise<TurnRow | null> {
  const [row] = await ws.tx
    .select()
    .from(turn)
    .where(and(eq(turn.conversationId, conversationId), inArray(turn.state, openStates)))
    .for("update");
  return row ?? null;
}

async function supersedeTurn(
  ws: WorkspaceCtx,
  open: TurnRow,
  reason: "newer_message" | "taken_over" | "withheld" | "resolved",
): Promise<void> {
  await endTurn(ws, open.id, "superseded");
  // Readers were told of a reply only once it was begun.
  if (open.state === "thinking" && open.replyId !== null) {
    ws.emit({ type: "reply.superseded", conversationId: open.conversationId, replyId: open.replyId, turnId: open.id, reason });
  }
}
