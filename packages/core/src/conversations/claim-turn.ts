/**
 * Taking a turn: the lease, the fencing token, and everything the reply is made from.
 *
 * @module
 */
import type { TalkTurn } from "@axon/ai/history/condense";
import { newId } from "@axon/db/ids";
import { message, turn } from "@axon/db/schema/conversations";
import { and, desc, eq, gt, gte, inArray, lt, lte, ne, sql } from "drizzle-orm";
import { type ReadAgent, readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { workspaceAlive } from "../internal/alive.ts";
import { standDown } from "./hand-to-people.ts";
import { readStance } from "./stance.ts";
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
  channelId: string;
  epoch: number;
  /** The first message that it answers. */
  firstSeq: number;
  leaseToken: number;
  replyId: string;
  attempts: number;
  agent: ReadAgent;
  question: string;
  history: TalkTurn[];
}

/**
 * Takes the turn, or gives null: it is answered, not due yet, or another worker's, or its workspace was deleted. The turn of an
 * agent that is switched off ends here, and people are asked.
 */
export async function claimTurn(ws: WorkspaceCtx, turnId: string): Promise<ClaimedTurn | null> {
  const [seen] = await ws.tx
    .select({ conversationId: turn.conversationId })
    .from(turn)
    .where(and(eq(turn.id, turnId), inArray(turn.state, openStates), workspaceAlive(ws)));
  if (!seen) return null;
  const conversation = await lockConversation(ws, seen.conversationId);
  const [before] = await ws.tx.select().from(turn).where(readyTurn(turnId)).for("update");
  if (!before) return null;
  const agent = await readAgent(ws, conversation.agentId);
  const stance = await readStance(ws, conversation);
  if (stance.paused) {
    await standDown(ws, conversation, before, { settings: agent.settings, stance });
    return null;
  }
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
  return {
    id: row.id,
    workspaceId: ws.workspaceId,
    conversationId: row.conversationId,
    channelId: conversation.channelId,
    epoch: row.epoch,
    firstSeq: row.firstSeq,
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

/**
 * Prolongs the lease. `lost` when the turn was superseded or given to another: there is nothing left to do. `paused` when the
 * agent or its channel has been switched off: nothing more may be shown, and `abandonTurn` is due.
 */
export async function renewTurn(ws: WorkspaceCtx, claimed: ClaimedTurn): Promise<"ours" | "lost" | "paused"> {
  const rows = await ws.tx
    .update(turn)
    .set({ leaseUntil: leaseEnd })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), inArray(turn.state, openStates)))
    .returning({ id: turn.id });
  if (rows.length === 0) return "lost";
  return (await readStance(ws, { agentId: claimed.agent.id, channelId: claimed.channelId })).paused ? "paused" : "ours";
}

/** Ends a turn in this worker's hands because its agent has been switched off, and asks for a person. */
export async function abandonTurn(ws: WorkspaceCtx, claimed: ClaimedTurn): Promise<void> {
  const conversation = await lockConversation(ws, claimed.conversationId);
  const [open] = await ws.tx
    .select()
    .from(turn)
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), inArray(turn.state, openStates)))
    .for("update");
  if (open) await standDown(ws, conversation, open, { settings: claimed.agent.settings, stance: await readStance(ws, conversation) });
}

/** Gives the turn back after a failure of ours, so that the next try need not wait for the lease to run out. */
export async function releaseTurn(ws: WorkspaceCtx, claimed: ClaimedTurn): Promise<void> {
  await ws.tx
    .update(turn)
    .set({ leaseUntil: null })
    .where(and(eq(turn.id, claimed.id), eq(turn.leaseToken, claimed.leaseToken), inArray(turn.state, openStates)));
}

type TurnSpan = Pick<typeof turn.$inferSelect, "conversationId" | "firstSeq" | "lastSeq" | "boundarySeq">;

/** The burst as one question, in the order in which it was written, where its bringer says so, and else came. */
export async function readQuestion(ws: WorkspaceCtx, span: TurnSpan): Promise<string> {
  const rows = await ws.tx
    .select({ text: message.text })
    .from(message)
    .where(
      and(
        eq(message.conversationId, span.conversationId),
        gte(message.seq, span.firstSeq),
        lte(message.seq, span.lastSeq),
        eq(message.authorKind, "contact"),
        eq(message.automatic, false),
      ),
    )
    .orderBy(sql`coalesce(${message.sentAt}, ${message.createdAt})`, message.seq);
  return rows.map((row) => row.text).join("\n");
}

/** The talk before the turn, from the last end of a matter on: it was resolved, or given to a person. */
export async function readHistory(ws: WorkspaceCtx, span: TurnSpan): Promise<TalkTurn[]> {
  const rows = await ws.tx
    .select({ authorKind: message.authorKind, text: message.text, turnState: turn.state })
    .from(message)
    .leftJoin(turn, and(eq(turn.workspaceId, message.workspaceId), eq(turn.id, message.turnId)))
    .where(
      and(
        eq(message.conversationId, span.conversationId),
        lt(message.seq, span.firstSeq),
        gt(message.seq, span.boundarySeq),
        eq(message.visibility, "public"),
        ne(message.authorKind, "system"), // Nobody in the talk said it.
      ),
    )
    .orderBy(desc(message.seq))
    .limit(historyMax);
  return rows.reverse().map(({ authorKind, text, turnState }) => ({
    role: authorKind === "contact" ? "user" : "assistant",
    text,
    ...(turnState === "handed_off" && { boundary: true }), // For what was handed over before boundaries were kept.
  }));
}
