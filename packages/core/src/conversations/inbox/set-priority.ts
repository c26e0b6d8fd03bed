/**
 * How urgent a conversation is.
 *
 * @module
 */
import type { Conversation } from "@axon/contracts/conversations";
import type { SetPriorityInput } from "@axon/contracts/inbox";
import type { WorkspaceCtx } from "../../context.ts";
import { actorOf, changeConversation } from "../change.ts";
import { lockConversation, readChanged } from "../view.ts";

/** Refuses with `not_found`. The priority that it has already changes nothing. */
export async function setPriority(ws: WorkspaceCtx, { conversationId, priority }: SetPriorityInput): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  await changeConversation(ws, locked, { priority }, { actor: actorOf(ws.caller), reason: "priority_set" });
  return readChanged(ws, conversationId);
}
