/**
 * A person takes a conversation, or gives it back to its agent.
 *
 * @module
 */
import type { Conversation } from "@axon/contracts/conversations";
import { message } from "@axon/db/schema/conversations";
import { and, asc, eq, gt, inArray, max } from "drizzle-orm";
import { readAgent } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { actorOf, changeConversation } from "./change.ts";
import { requireEnd } from "./continue-talk.ts";
import { type Speaker, takenOverBy } from "./receive-message.ts";
import { readStance, whyNoAgent } from "./stance.ts";
import { dropOpenTurn, scheduleTurn } from "./turns.ts";
import { type ConversationRow, lockConversation, readChanged } from "./view.ts";

/**
 * From this commit on nothing of the agent's is said: its open turn is superseded, and the epoch keeps a late reply out. Taken
 * again by the same person it stays as it is. Refuses with `not_found`, and with `invalid_state` what went on elsewhere.
 */
export async function takeOver(ws: WorkspaceCtx, conversationId: string, by: Extract<Speaker, { as: "member" }>): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  const has = locked.handler === "member" && locked.status === "open" && (by.accountId === null || locked.assigneeId === by.accountId);
  if (has) return readChanged(ws, conversationId);
  if (locked.status === "resolved") await requireEnd(ws, locked);
  await dropOpenTurn(ws, conversationId, "taken_over");
  const change = { ...takenOverBy(by), epoch: locked.epoch + 1 };
  await changeConversation(ws, locked, change, { actor: actorOf(ws.caller), reason: "taken_over" });
  return readChanged(ws, conversationId);
}

/**
 * The agent has the conversation again, with what was said since. What the customer wrote after the last reply gets its turn;
 * outside of the agent's hours it waits for people. One that the agent has stays as it is. Refuses with `not_found`, and with
 * `invalid_state` what is resolved, and where the agent or its channel is switched off.
 */
export async function returnToAi(ws: WorkspaceCtx, conversationId: string): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  if (locked.status === "resolved") throw new Refusal("invalid_state", "A conversation that is resolved has nobody to be given to");
  if (locked.handler === "ai" && locked.status === "open") return readChanged(ws, conversationId);
  const { settings } = await readAgent(ws, locked.agentId);
  const stance = await readStance(ws, locked);
  if (stance.paused) throw new Refusal("invalid_state", "No agent answers here: it is switched off, or archived");
  const firstSeq = await firstUnanswered(ws, locked);
  const answers = whyNoAgent(stance, new Date()) === null;
  const waits = !answers && firstSeq !== null;
  const after = await changeConversation(
    ws,
    locked,
    {
      handler: "ai",
      status: waits ? "pending" : "open",
      assigneeId: null,
      assigneeName: null,
      epoch: locked.epoch + 1,
      failedTurns: 0,
      mutedUntil: null,
      ...(waits ? {} : { handoffReason: null, handoffAt: null }),
    },
    { actor: actorOf(ws.caller), reason: "returned_to_ai" },
  );
  if (answers && firstSeq !== null) {
    await dropOpenTurn(ws, conversationId, "withheld");
    await scheduleTurn(ws, after, settings.replyDelayMs, firstSeq);
  }
  return readChanged(ws, conversationId);
}

/** The number of the first message of the customer that came after the last public reply; null when all is answered. */
async function firstUnanswered(ws: WorkspaceCtx, { id }: ConversationRow): Promise<number | null> {
  const inTalk = and(eq(message.conversationId, id), eq(message.visibility, "public"), eq(message.automatic, false));
  const [answered] = await ws.tx
    .select({ seq: max(message.seq) })
    .from(message)
    .where(and(inTalk, inArray(message.authorKind, ["ai", "member"])));
  const [first] = await ws.tx
    .select({ seq: message.seq })
    .from(message)
    .where(and(inTalk, eq(message.authorKind, "contact"), gt(message.seq, answered?.seq ?? 0)))
    .orderBy(asc(message.seq))
    .limit(1);
  return first?.seq ?? null;
}
