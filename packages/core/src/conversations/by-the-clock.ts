/**
 * What time alone does to a conversation: it wakes, or it ends because nobody has anything left to say. Whoever looks for those
 * that are due has looked without holding them: all is looked at again here, under the lock.
 *
 * @module
 */
import { conversation, message } from "@axon/db/schema/conversations";
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../context.ts";
import { changeConversation } from "./change.ts";
import { readTalkRules } from "./continue-talk.ts";
import { resolveConversation } from "./resolve.ts";
import { wakesAs } from "./status-rules.ts";
import { readOpenTurn } from "./turns.ts";
import type { ConversationRow } from "./view.ts";

const system = { kind: "system", id: null } as const;

/** Wakes a snoozed conversation whose hour has come. False when it has not, or somebody was quicker. */
export async function wakeConversation(ws: WorkspaceCtx, conversationId: string): Promise<boolean> {
  const locked = await lockIf(ws, conversationId, sql`status = 'snoozed' and snoozed_until <= now()`);
  if (locked === null) return false;
  await changeConversation(ws, locked, { status: wakesAs(locked) }, { actor: system, reason: "snooze_ended" });
  return true;
}

/**
 * Resolves a conversation that has been quiet as long as its channel allows, with the channel's closing words, in one commit.
 * False, and nothing said, while a reply is in the making, a person's word is awaited, or the customer's last is unanswered.
 */
export async function autoResolve(ws: WorkspaceCtx, conversationId: string): Promise<boolean> {
  const locked = await lockIf(ws, conversationId, sql`status = 'open' and waiting_since is null`);
  if (locked === null) return false;
  const { autoResolve: rule } = await readTalkRules(ws, locked.channelId);
  if (rule === null || !(await isQuiet(ws, locked, rule.afterMinutes)) || (await readOpenTurn(ws, locked.id)) !== null) return false;
  const last = await lastInTalk(ws, locked.id);
  if (last?.authorKind === "contact") {
    // Of before it was kept who waits: from now on it is.
    await changeConversation(ws, locked, { waitingSince: last.createdAt }, { actor: system, reason: "waiting" });
    return false;
  }
  await resolveConversation(ws, locked, { actor: system, reason: "auto_resolved", text: rule.message });
  return true;
}

async function lockIf(ws: WorkspaceCtx, conversationId: string, still: ReturnType<typeof sql>): Promise<ConversationRow | null> {
  const [row] = await ws.tx
    .select()
    .from(conversation)
    .where(and(eq(conversation.id, conversationId), still))
    .for("update");
  return row ?? null;
}

async function isQuiet(ws: WorkspaceCtx, { id }: ConversationRow, minutes: number): Promise<boolean> {
  const quiet = sql`${conversation.lastMessageAt} <= now() - ${minutes} * interval '1 minute'`;
  const rows = await ws.tx
    .select({ id: conversation.id })
    .from(conversation)
    .where(and(eq(conversation.id, id), quiet));
  return rows.length > 0;
}

async function lastInTalk(ws: WorkspaceCtx, conversationId: string): Promise<{ authorKind: string; createdAt: string } | null> {
  const [row] = await ws.tx
    .select({ authorKind: message.authorKind, createdAt: message.createdAt })
    .from(message)
    .where(
      and(
        eq(message.conversationId, conversationId),
        eq(message.visibility, "public"),
        eq(message.automatic, false),
        inArray(message.authorKind, ["contact", "ai", "member"]),
      ),
    )
    .orderBy(desc(message.seq))
    .limit(1);
  return row ?? null;
}
