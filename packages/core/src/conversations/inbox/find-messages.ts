/**
 * Messages by their words, newest first. The newest messages are gone through, which finds a page of words that are everywhere. Other
 * words are looked up in their index and what it gives is sorted; where that would be very much, more is gone through instead.
 *
 * @module
 */

import { conversation } from "@axon/db/schema/conversations";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { Asked } from "./words.ts";

interface SearchBounds {
  /** As many of the newest messages are gone through at first. */
  sampledMax: number;
  /** As many messages are sorted; words that more have are common. */
  sortedMax: number;
  /** As many messages are gone through; then the index of words is asked after all, whatever it takes. */
  walkedMax: number;
}
const usualBounds: SearchBounds = { sampledMax: 1_000, sortedMax: 5_000, walkedMax: 20_000 };
/** Words that so many of those have are common; fewer of them are counted. */
const commonInSample = 20;

/** Settings of this transaction: without the index of words, everybody's messages would be read; and compiling takes longer than searching. */
const settings = sql`select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true)`;

export interface FoundMessage {
  [column: string]: unknown;
  messageId: string;
  conversationId: string;
  createdAt: string;
}

/** Where a page ended: the time and id of its last message. */
export type MessageKey = readonly [createdAt: string, messageId: string];

/** The newest messages that are older than `after` and have the words, at most `limit`. `bounds` is for tests, which have few. */
export async function findMessages(
  ws: WorkspaceCtx,
  asked: Asked,
  after: MessageKey | null,
  limit: number,
  bounds = usualBounds,
): Promise<FoundMessage[]> {
  await ws.tx.execute(settings);
  const latest = await ws.tx.execute<FoundMessage>(walkedThrough(ws, asked, after, { limit, through: bounds.sampledMax }));
  if (latest.length >= limit) return latest;
  const few = await ws.tx.execute<FoundMessage & { hits: number }>(sortedFew(asked, after, limit, bounds));
  if ((few[0]?.hits ?? 0) <= bounds.sortedMax) return few;
  const walked = await ws.tx.execute<FoundMessage>(walkedThrough(ws, asked, after, { limit, through: bounds.walkedMax }));
  if (walked.length >= limit) return walked;
  return ws.tx.execute<FoundMessage>(sortedAll(asked, after, limit));
}

/** True when so many messages have the words that conversations are better gone through than looked up. */
export async function isCommon(ws: WorkspaceCtx, asked: Asked, { sampledMax, sortedMax } = usualBounds): Promise<boolean> {
  const { tsquery } = asked;
  await ws.tx.execute(settings);
  const latest = await ws.tx.execute(walkedThrough(ws, asked, null, { limit: commonInSample, through: sampledMax }));
  if (latest.length >= commonInSample) return true;
  const [row] = await ws.tx.execute<{ hits: number }>(sql`
    select count(*)::int as hits from (select from message_search where words @@ ${tsquery}::tsquery limit ${sortedMax + 1}) hit`);
  return (row?.hits ?? 0) > sortedMax;
}

/** The condition that a conversation has a message with the words. */
export function withWords({ workspaceId }: Pick<WorkspaceCtx, "workspaceId">, { tsquery }: Asked, common: boolean): SQL {
  // One message of one conversation after the other, by the index over conversations …
  if (common)
    return sql`(select true from message_search where message_search.workspace_id = ${workspaceId}::uuid
      and message_search.conversation_id = ${conversation.id} and message_search.words @@ ${tsquery}::tsquery limit 1)`;
  // … or all that there are, as a list: joined, they would be found by going through every conversation.
  return sql`${conversation.id} = any(array(select distinct conversation_id from message_search where words @@ ${tsquery}::tsquery))`;
}

const columns = sql`message_id as "messageId", conversation_id as "conversationId",
  to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"`;
const newest = sql`order by created_at desc nulls last, message_id desc nulls last`;

function older(after: MessageKey | null): SQL {
  return after === null ? sql`` : sql` and (created_at, message_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`;
}

/** `hits` is how many there are, up to one more than are sorted. */
export function sortedFew({ tsquery }: Asked, after: MessageKey | null, limit: number, { sortedMax } = usualBounds): SQL {
  return sql`
    with found as materialized (
      select message_id, conversation_id, created_at from message_search
      where words @@ ${tsquery}::tsquery${older(after)} limit ${sortedMax + 1})
    select ${columns}, (select count(*)::int from found) as hits from found ${newest} limit ${limit}`;
}

export function walkedThrough(
  { workspaceId }: Pick<WorkspaceCtx, "workspaceId">,
  { tsquery }: Asked,
  after: MessageKey | null,
  { limit, through }: { limit: number; through: number },
): SQL {
  return sql`
    select ${columns} from (
      select * from message_search where workspace_id = ${workspaceId}::uuid${older(after)} ${newest} limit ${through}) recent
    where words @@ ${tsquery}::tsquery ${newest} limit ${limit}`;
}

function sortedAll({ tsquery }: Asked, after: MessageKey | null, limit: number): SQL {
  return sql`select ${columns} from message_search where words @@ ${tsquery}::tsquery${older(after)} ${newest} limit ${limit}`;
}
