/**
 * A conversation is opened, put off, given to people or brought to its end by somebody of the team.
 *
 * @module
 */
import { type Conversation, type setStatusInput, snoozeDaysMax, type snoozeInput } from "@axon/contracts/conversations";
import type { z } from "zod";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { actorOf, changeConversation } from "./change.ts";
import { requireEnd } from "./continue-talk.ts";
import { resolveConversation } from "./resolve.ts";
import { type ConversationRow, lockConversation, readChanged } from "./view.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * Gives the conversation as it is then; the status that it has already changes nothing, but for another hour to wake. Refuses
 * with `not_found`, with `invalid_state` a status that may not follow this one and the reopening of what went on elsewhere, and with `validation` an hour that is not to come.
 */
export async function setStatus(ws: WorkspaceCtx, input: z.output<typeof setStatusInput>): Promise<Conversation> {
  const { conversationId, status, until, reason = "status_set" } = input;
  const locked = await lockConversation(ws, conversationId);
  if (until !== undefined) await putOff(ws, locked, { untilMs: Date.parse(until), reason });
  else if (status === "resolved") await resolveConversation(ws, locked, { actor: actorOf(ws.caller), reason });
  else {
    if (locked.status === "resolved") await requireEnd(ws, locked);
    await changeConversation(ws, locked, { status }, { actor: actorOf(ws.caller), reason });
  }
  return readChanged(ws, conversationId);
}

/** The same with the hour said either way. */
export async function snoozeConversation(ws: WorkspaceCtx, input: z.output<typeof snoozeInput>): Promise<Conversation> {
  const { conversationId, until, forMinutes = 0, reason = "snoozed" } = input;
  const untilMs = until === undefined ? Date.now() + forMinutes * minuteMs : Date.parse(until);
  await putOff(ws, await lockConversation(ws, conversationId), { untilMs, reason });
  return readChanged(ws, conversationId);
}

async function putOff(
  ws: WorkspaceCtx,
  locked: ConversationRow,
  { untilMs, reason }: { untilMs: number; reason: string },
): Promise<ConversationRow> {
  const aheadMs = untilMs - Date.now();
  if (aheadMs <= 0 || aheadMs > snoozeDaysMax * dayMs) {
    const problem = `must be a time to come, at most ${snoozeDaysMax} days from now`;
    throw new Refusal("validation", `until ${problem}`, { fields: { until: problem } });
  }
  const change = { status: "snoozed", snoozedUntil: new Date(untilMs).toISOString() } as const;
  return changeConversation(ws, locked, change, { actor: actorOf(ws.caller), reason });
}
