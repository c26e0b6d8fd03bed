/**
 * A workspace with very many messages beside others, written past the doors: what is measured is reading. Words are drawn as in any
 * language, a few of them very often and most hardly ever.
 *
 * @module
 */
import { newId } from "@axon/db/ids";
import type { Owner } from "../owned.ts";

export interface Inbox {
  workspaceId: string;
  agentIds: string[];
  channelIds: string[];
  /** Members, who have a part of the conversations. */
  memberIds: string[];
  contactId: string;
  /** The one with the most messages. */
  longId: string;
}

/** Messages of a conversation, but for the long one. */
const messagesEach = 8;
const longMessages = 2_000;
/** Different words, and how many of them a message has. */
const vocabulary = 20_000;
const wordsEach = 12;
const indexes = [
  "conversation_by_recency conversation_by_status conversation_by_handler conversation_by_channel conversation_by_agent",
  "conversation_by_priority conversation_by_assignee conversation_unassigned conversation_by_contact conversation_tag_by_recency",
  "message_words_by_time message_words_by_conversation message_words_index",
]
  .join(" ")
  .split(" ");

/** Drops what is quicker to build at the end; gives what builds it. */
export async function withoutIndexes(owner: Owner): Promise<string[]> {
  const rows = await owner<{ definition: string }[]>`select indexdef as definition from pg_indexes where indexname in ${owner(indexes)}`;
  if (rows.length !== indexes.length) throw new Error("the inbox's indexes have other names now");
  for (const name of indexes) await owner.unsafe(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}

/** `mark` is what words of this workspace begin with. The newest conversation is a minute old, the oldest a year. */
export async function loadInbox(owner: Owner, id: string, mark: string, messages: number): Promise<Inbox> {
  const count = Math.max(10, Math.round(messages / messagesEach));
  const agentIds = [newId(), newId(), newId()];
  const [known] = await owner<{ id: string }[]>`select id from channel where workspace_id = ${id} and kind = 'api'`;
  const webIds = [newId(), newId(), newId()];
  const channelIds = [known?.id ?? "", ...webIds];
  const memberIds = Array.from({ length: 20 }, () => newId());
  const [first, second, third] = agentIds;
  const [api, web, help, quiet] = channelIds;
  // Foreign keys hold by construction; looking each of them up would take longer than the rest.
  await owner.unsafe("set session_replication_role = replica");
  await owner`insert into agent ${owner(agentIds.map((agent, at) => ({ workspace_id: id, id: agent, name: `Agent ${at}`, version: 1 })))}`;
  await owner`
    insert into channel ${owner(webIds.map((channel) => ({ workspace_id: id, id: channel, kind: "web", agent_id: first ?? null })))}`;
  const people = Math.ceil(count / 3);
  await owner`
    insert into contact (workspace_id, id, name) select ${id}, md5(${id} || 'contact' || at)::uuid, 'Customer ' || at from generate_series(0, ${people}) at`;
  await owner`
    insert into conversation (workspace_id, id, channel_id, agent_id, contact_id, status, handler, priority, assignee_id, assignee_name,
      message_seq, last_message_at, created_at, tags)
    select ${id}, md5(${id} || 'conversation' || at)::uuid,
      case when at % 10 < 5 then ${api ?? ""}::uuid when at % 10 < 8 then ${web ?? ""}::uuid when at > ${count} * 0.99 and at % 10 = 9 then ${quiet ?? ""}::uuid else ${help ?? ""}::uuid end,
      case when at > ${count} * 0.99 then ${third ?? ""}::uuid when at % 3 = 0 then ${second ?? ""}::uuid else ${first ?? ""}::uuid end,
      md5(${id} || 'contact' || at % ${people})::uuid,
      case when at % 12 = 0 then 'open' when at % 50 = 1 then 'pending' when at % 100 = 2 then 'snoozed' else 'resolved' end,
      case when at % 5 = 0 then 'member' else 'ai' end,
      case when at % 60 = 0 then 'urgent' when at % 20 = 1 then 'high' else 'normal' end,
      case when at % 4 = 0 then (${memberIds}::uuid[])[1 + (at / 4) % 20] end, case when at % 4 = 0 then 'Somebody' end,
      ${messagesEach}, now() - (1 + at * 525600.0 / ${count}) * interval '1 minute', now() - (60 + at * 525600.0 / ${count}) * interval '1 minute',
      array_remove(array[case when at % 5 = 2 then 'delivery' end, case when at % 20 = 0 then 'refund' end,
        case when at > ${count} * 0.99 and at % 10 = 0 then 'old' end], null)
    from generate_series(0, ${count - 1}) at`;
  await owner`
    insert into conversation_tag (workspace_id, conversation_id, tag, last_message_at)
    select workspace_id, id, unnest(tags), last_message_at from conversation where workspace_id = ${id}`;
  await owner.unsafe("create temp table said (conversation_id uuid, seq int, at timestamptz, words text[])");
  await owner`
    insert into said select c.id, seq, c.last_message_at - (c.message_seq - seq) * interval '40 seconds', drawn.words
    from conversation c cross join generate_series(1, c.message_seq) seq cross join lateral (
      select array_agg('k' || floor(power(${vocabulary}::float8, random()))::int || 'x') as words from generate_series(1, ${wordsEach}) where c.id is not null) drawn
    where c.workspace_id = ${id} and c.external_id is null`;
  const [long] = await owner<{ id: string }[]>`
    select id from conversation where workspace_id = ${id} order by last_message_at desc limit 1 offset 5`;
  const longId = long?.id ?? "";
  await owner`
    insert into said select ${longId}::uuid, seq, now() - (${longMessages}::int - seq) * interval '1 second', array['k7x', 'k19x']
    from generate_series(${messagesEach + 1}::int, ${longMessages}::int) seq`;
  await owner`update conversation set message_seq = ${longMessages} where id = ${longId} and workspace_id = ${id}`;
  await owner.unsafe("create temp table stored as select gen_random_uuid() as id, * from said");
  await owner`
    insert into message (workspace_id, id, conversation_id, seq, author_kind, text, created_at)
    select ${id}, id, conversation_id, seq, case seq % 2 when 1 then 'contact' else 'ai' end, array_to_string(words, ' '), at from stored`;
  await owner`
    insert into message_words (workspace_id, message_id, conversation_id, created_at, words)
    select ${id}, id, conversation_id, at, array_to_tsvector(array(select distinct ${mark} || word from unnest(words) word)) from stored`;
  await owner.unsafe("drop table said, stored; set session_replication_role = origin");
  const [contact] = await owner<{ id: string }[]>`select contact_id as id from conversation where id = ${longId} and workspace_id = ${id}`;
  return { workspaceId: id, agentIds, channelIds, memberIds, contactId: contact?.id ?? "", longId };
}
