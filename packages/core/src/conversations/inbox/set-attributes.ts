/**
 * What the team keeps about a conversation, under names of its own.
 *
 * @module
 */
import type { Conversation } from "@axon/contracts/conversations";
import { conversationAttributesMax, type SetAttributesInput } from "@axon/contracts/inbox";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { actorOf, changeConversation } from "../change.ts";
import { lockConversation, readChanged } from "../view.ts";

/**
 * Sets those that are named, takes away those that are null, and leaves the others. Refuses with `not_found`, and with `validation`
 * when there would be more than `conversationAttributesMax`.
 */
export async function setAttributes(ws: WorkspaceCtx, { conversationId, attributes }: SetAttributesInput): Promise<Conversation> {
  const locked = await lockConversation(ws, conversationId);
  const entries = Object.entries({ ...locked.attributes, ...attributes }).filter(([, value]) => value !== null);
  if (entries.length > conversationAttributesMax) {
    const problem = `a conversation has at most ${conversationAttributesMax} attributes`;
    throw new Refusal("validation", problem, { fields: { attributes: problem } });
  }
  await changeConversation(
    ws,
    locked,
    { attributes: Object.fromEntries(entries) },
    { actor: actorOf(ws.caller), reason: "attributes_set" },
  );
  return readChanged(ws, conversationId);
}
