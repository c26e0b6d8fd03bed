/**
 * Tags of a conversation. They are written twice: in the row, for reading, and in `conversation_tag`, for finding; whoever changes
 * one here holds the conversation, so that both always say the same.
 *
 * @module
 */
import type { Conversation } from "@axon/contracts/conversations";
import { type TagInput, tagsMax } from "@axon/contracts/inbox";
import { conversationTag } from "@axon/db/schema/inbox";
import { and, eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { actorOf, changeConversation } from "../change.ts";
import { type ConversationRow, lockConversation, readChanged } from "../view.ts";

/** Adds a tag; one that is there already changes nothing. Refuses with `not_found`, and with `validation` one more than `tagsMax`. */
export async function tagConversation(ws: WorkspaceCtx, { conversationId, tag }: TagInput): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  if (!locked.tags.includes(tag)) {
    if (locked.tags.length >= tagsMax) {
      const problem = `a conversation has at most ${tagsMax} tags`;
      throw new Refusal("validation", problem, { fields: { tag: problem } });
    }
    const { workspaceId, tx } = ws;
    await tx.insert(conversationTag).values({ workspaceId, conversationId, tag, lastMessageAt: locked.lastMessageAt });
    await writeTags(ws, locked, [...locked.tags, tag].sort(), "tagged");
  }
  return readChanged(ws, conversationId);
}

/** Takes a tag away; one that is not there changes nothing. Refuses with `not_found` (the conversation). */
export async function untagConversation(ws: WorkspaceCtx, { conversationId, tag }: TagInput): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  if (locked.tags.includes(tag)) {
    await ws.tx.delete(conversationTag).where(and(eq(conversationTag.conversationId, conversationId), eq(conversationTag.tag, tag)));
    const rest = locked.tags.filter((one) => one !== tag);
    await writeTags(ws, locked, rest, "untagged");
  }
  return readChanged(ws, conversationId);
}

async function writeTags(ws: WorkspaceCtx, locked: ConversationRow, tags: string[], reason: "tagged" | "untagged"): Promise<void> {
  await changeConversation(ws, locked, { tags }, { actor: actorOf(ws.caller), reason });
}

/** After a message: the conversation stands where its newest message does, under its tags too. */
export async function moveTags(ws: WorkspaceCtx, { id, lastMessageAt }: ConversationRow): Promise<void> {
  await ws.tx.update(conversationTag).set({ lastMessageAt }).where(eq(conversationTag.conversationId, id));
}
