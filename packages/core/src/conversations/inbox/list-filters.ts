/**
 * What a list of conversations is narrowed by, and by which index. A filter that an index leads through in the list's own order is
 * a plain condition. Where the order begins anew with each status or channel, every one of them is a branch of its own, and the
 * newest of all branches are the page. So a page costs what is on it, however many conversations there are.
 *
 * @module
 */

import { conversationStatuses } from "@axon/contracts/conversations";
import type { ListConversationsInput } from "@axon/contracts/inbox";
import { channel, conversation } from "@axon/db/schema/conversations";
import { eq, gte, inArray, isNull, lt, type SQL } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { isCommon, withWords } from "./find-messages.ts";
import { askedFor } from "./words.ts";

export interface Narrowed {
  conditions: SQL[];
  /** Conditions of which a conversation meets exactly one; none when there is nothing to divide. */
  branches: SQL[];
  tag: string | undefined;
}

/** Channels of one kind that are branches of their own; with more, all are looked through. */
const channelBranchesMax = 20;

/** Null when no conversation can be meant. Refuses with `validation` what only a person can ask for. */
export async function narrow(ws: WorkspaceCtx, input: ListConversationsInput): Promise<Narrowed | null> {
  const { status, handler, agentId, channelId, priority, contactId, tag, from, to } = input;
  const assigned = assignedTo(ws, input.assignee);
  const kind = await channelsOfKind(ws, input);
  const text = await withText(ws, input.text);
  if (kind === null || text === null) return null;
  const conditions = [
    status && eq(conversation.status, status),
    handler && eq(conversation.handler, handler),
    agentId && eq(conversation.agentId, agentId),
    channelId && eq(conversation.channelId, channelId),
    priority && eq(conversation.priority, priority),
    contactId && eq(conversation.contactId, contactId),
    from && gte(conversation.lastMessageAt, from),
    to && lt(conversation.lastMessageAt, to),
    assigned,
    kind.condition,
    text.condition,
  ].filter((condition): condition is SQL => condition instanceof Object);
  const byStatus = status === undefined && (assigned !== undefined || priority !== undefined);
  // A tag has an order of its own, and what a contact or rare words lead to are few.
  const direct = tag !== undefined || contactId !== undefined || text.few;
  const branches = direct ? [] : byStatus ? conversationStatuses.map((one) => eq(conversation.status, one)) : kind.branches;
  return { conditions, branches, tag };
}

function assignedTo({ caller }: WorkspaceCtx, assignee: ListConversationsInput["assignee"]): SQL | undefined {
  if (assignee === undefined) return undefined;
  if (assignee === "none") return isNull(conversation.assigneeId);
  if (assignee !== "me") return eq(conversation.assigneeId, assignee);
  if (caller.kind === "user" && caller.id !== null) return eq(conversation.assigneeId, caller.id);
  const problem = "is for members, not for keys";
  throw new Refusal("validation", `assignee "me" ${problem}`, { fields: { assignee: problem } });
}

async function channelsOfKind(
  ws: WorkspaceCtx,
  { channelKind, channelId }: ListConversationsInput,
): Promise<{ condition?: SQL; branches: SQL[] } | null> {
  if (channelKind === undefined) return { branches: [] };
  const rows = await ws.tx.select({ id: channel.id }).from(channel).where(eq(channel.kind, channelKind));
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return null;
  const condition = inArray(conversation.channelId, ids);
  const divided = channelId === undefined && ids.length <= channelBranchesMax;
  return { condition, branches: divided ? ids.map((id) => eq(conversation.channelId, id)) : [] };
}

/** `few`: the words lead to so few conversations that all of them are looked at. */
async function withText(ws: WorkspaceCtx, text: string | undefined): Promise<{ condition?: SQL; few: boolean } | null> {
  if (text === undefined) return { few: false };
  const asked = askedFor(ws.workspaceId, text);
  if (asked === null) return null;
  const common = await isCommon(ws, asked);
  return { condition: withWords(ws, asked, common), few: !common };
}
