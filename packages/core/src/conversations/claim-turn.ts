/**
 * Taking a turn: the lease, the fencing token, and everything the reply is made from.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import type { HistoryTurn } from "@axon/contracts/answers";
import { newId } from "@axon/db/ids";
import { message, turn } from "@axon/db/schema/conversations";
import { and, desc, eq, gte, inArray, lt, lte, sql } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { workspaceAlive } from "../internal/alive.ts";
import { openStates, readyTurn } from "./turns.ts";
import { lockConversation } from "./view.ts";

/** A worker that has not been heard of for this long is taken for dead. */
export const leaseSeconds = 15;
/** Messages before the turn that the model may look back at. */
const historyMax = 20;

const leaseEnd = sql`now() + ${leaseSeconds} * interval '1 second'`;

/** A turn in this worker's hands. */
export interface ClaimedTurn {
  id: string;
  workspaceId: string;
  conversationId: string;
  epoch: number;
  leaseToken: number;
  replyId: string;
  attempts: number;
  agent: { version: number; settings: AgentSettings };
  question: string;
  history: HistoryTurn[];
}

/** Takes the turn, or gives null: it is answered, not due yet, or another worker's, or its workspace was deleted. */
export async function claimTurn(ws: WorkspaceCtx, turnId: string): Promise<ClaimedTurn | null> {
  const [seen] = await ws.tx
    .select({ conversationId: turn.conversationId })
    .from(turn)
    .where(and(eq(turn.id, turnId), inArray(turn.state, openStates), workspaceAlive(ws)));
  if (!seen) return null;
  const conversation = await lockConversation(ws, seen.conversationId);
  const [before] = await ws.tx.select().from(turn).where(readyTurn(turnId)).for("update");
  if (!before) return null;
  const replyId = newId();
  const [row] = await ws.tx
    .update(turn)
    .set({ state: "claimed", leaseToken: before.leaseToken + 1, leaseUntil: leaseEnd, attempts: before.attempts + 1, replyId })
    .where(eq(turn.id, turnId))
    .returning();
  if (!row) throw new Error("a locked turn vanished");
  if (before.state === "thinking" && before.replyId !== null) {
    // Readers watch a reply that its worker will never finish.
    ws.emit({ type: "reply.superseded", conversationId: row.conversationId, replyId: before.replyId, turnId, reason: "restarted" });
  }
  const agent = await readAgent(ws, conversation.agentId);
  return {
    id: row.id,
    workspaceId: ws.workspaceId,
    conversationId: row.conversationId,
    epoch: row.epoch,
    leaseToken: row.leaseToken,
    replyId,
    attempts: row.attempts,
    agent,
    question: await readQuestion(ws, row),
    history: await readHistory(ws, row),
  };
}

/** Tells readers that a reply is on its way. False when the turn is no longer this worker's. */
export async function beginReply(ws: WorkspaceCtx, claimed: ClaimedTurn): Promise<boolean> {
  await lockConversation(ws, claimed.conversationId);
  const rows = await ws.tx
    .update(turn)
    .set({ state: "thinking", leaseUntil: leaseEnd })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), eq(turn.state, "claimed")))
    .returning({ id: turn.id });
  if (rows.length === 0) return false;
  ws.emit({ type: "reply.started", conversationId: claimed.conversationId, replyId: claimed.replyId, turnId: claimed.id });
  return true;
}

/** Prolongs the lease. False when the turn was superseded or given to another: there is nothing left to do. */
export async function renewTurn(ws: WorkspaceCtx, claimed: ClaimedTurn): Promise<boolean> {
  const rows = await ws.tx
    .update(turn)
    .set({ leaseUntil: leaseEnd })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), inArray(turn.state, openStates)))
    .returning({ id: turn.id });
  return rows.length > 0;
}

/** Gives the turn back after a failure of ours, so that the next try need not wait for the lease to run out. */
export async function releaseTurn(ws: WorkspaceCtx, claimed: ClaimedTurn): Promise<void> {
  await ws.tx
    .update(turn)
    .set({ leaseUntil: null })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), inArray(turn.state, openStates)));
}

type TurnSpan = Pick<typeof turn.$inferSelect, "conversationId" | "firstSeq" | "lastSeq">;

/** The burst as one question, in the order it was written. */
async function readQuestion(ws: WorkspaceCtx, span: TurnSpan): Promise<string> {
  const rows = await ws.tx
    .select({ text: message.text })
    .from(message)
    .where(
      and(
        eq(message.conversationId, span.conversationId),
        gte(message.seq, span.firstSeq),
        lte(message.seq, span.lastSeq),
        eq(message.authorKind, "contact"),
      ),
    )
    .orderBy(message.seq);
  return rows.map((row) => row.text).join("\n");
}

async function readHistory(ws: WorkspaceCtx, span: TurnSpan): Promise<HistoryTurn[]> {
  const rows = await ws.tx
    .select({ authorKind: message.authorKind, text: message.text })
    .from(message)
    .where(and(eq(message.conversationId, span.conversationId), lt(message.seq, span.firstSeq), eq(message.visibility, "public")))
    .orderBy(desc(message.seq))
    .limit(historyMax);
  return rows.reverse().map((row) => ({ role: row.authorKind === "contact" ? "user" : "assistant", text: row.text }));
}
