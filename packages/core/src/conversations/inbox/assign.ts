/**
 * Whose a conversation is. That somebody has it does not make them answer: taking it over is another thing.
 *
 * @module
 */
import type { Conversation } from "@axon/contracts/conversations";
import type { AssignInput } from "@axon/contracts/inbox";
import { may } from "@axon/contracts/permissions";
import { membership } from "@axon/db/schema/workspaces";
import { eq } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { notFound, Refusal } from "../../errors.ts";
import { actorOf, changeConversation } from "../change.ts";
import { lockConversation, readChanged } from "../view.ts";

/**
 * Gives a conversation to a member, or to nobody. Refuses with `not_found` (the conversation, the member), and with `validation` a
 * member who may not write.
 */
export async function assignConversation(ws: WorkspaceCtx, { conversationId, accountId }: AssignInput): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  if (locked.assigneeId !== accountId) {
    const change =
      accountId === null
        ? { assigneeId: null, assigneeName: null }
        : { assigneeId: accountId, assigneeName: (await readAnswerer(ws, accountId)).name };
    await changeConversation(ws, locked, change, { actor: actorOf(ws.caller), reason: accountId === null ? "unassigned" : "assigned" });
  }
  return readChanged(ws, conversationId);
}

/** A member who may answer customers. Held until this commit, so that nobody who is just being taken out is given anything. */
export async function readAnswerer(ws: WorkspaceCtx, accountId: string): Promise<{ name: string }> {
  const [row] = await ws.tx
    .select({ name: membership.name, role: membership.role })
    .from(membership)
    .where(eq(membership.accountId, accountId))
    .for("share");
  if (!row) throw notFound("member");
  if (!may(row.role, "conversations.write")) {
    const problem = "is a member who only reads";
    throw new Refusal("validation", `accountId ${problem}`, { fields: { accountId: problem } });
  }
  return row;
}
