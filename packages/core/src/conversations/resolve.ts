/**
 * The end of a matter: what was in the making is dropped, and the customer is asked how it went where the channel says so.
 *
 * @module
 */
import type { WorkspaceCtx } from "../context.ts";
import { appendMessage } from "./append-message.ts";
import { type ChangeCause, changeConversation } from "./change.ts";
import { readTalkRules } from "./continue-talk.ts";
import { dropOpenTurn } from "./turns.ts";
import type { ConversationRow } from "./view.ts";

/** What is said with the end; nothing when left out. */
type Ending = Pick<ChangeCause, "actor" | "reason"> & { text?: string | undefined };

/**
 * Resolves a locked conversation, and gives it as it is then; one that is resolved stays as it is. A reply in the making is too
 * late: its turn is superseded, and the epoch keeps it out.
 */
export async function resolveConversation(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  { actor, reason, text }: Ending,
): Promise<ConversationRow> {
  if (locked.status === "resolved") return locked;
  const { csat } = await readTalkRules(ws, locked.channelId);
  await dropOpenTurn(ws, locked.id, "resolved");
  let ending = locked;
  for (const said of [text, csat.enabled ? csat.message : undefined]) {
    if (said !== undefined) ending = (await appendMessage(ws, ending, { authorKind: "system", text: said })).conversation;
  }
  return changeConversation(
    ws,
    ending,
    { status: "resolved", epoch: locked.epoch + 1 },
    { actor, reason, tells: csat.enabled ? { csat: { resolution: locked.resolution + 1 } } : {} },
  );
}
