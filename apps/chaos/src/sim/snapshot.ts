/**
 * All that a workspace's conversations say at one moment, in one statement and past every fence: what the checks look at.
 *
 * @module
 */
import type { Sql } from "postgres";

export interface SeenMessage {
  seq: number;
  kind: "contact" | "ai" | "member" | "system";
  text: string;
  turnId: string | null;
}

export interface SeenEvent {
  seq: number;
  place: number;
  type: string;
  handler: string | null;
  reason: string | null;
  replyId: string | null;
  turnId: string | null;
  text: string | null;
  messageSeq: number | null;
  author: string | null;
}

export interface SeenTurn {
  id: string;
  state: string;
  firstSeq: number;
  lastSeq: number;
}

export interface SeenTalk {
  id: string;
  startKey: string | null;
  status: string;
  handler: string;
  messageSeq: number;
  eventSeq: number;
  messages: SeenMessage[];
  events: SeenEvent[];
  turns: SeenTurn[];
}

export interface Snapshot {
  talks: SeenTalk[];
  /** Jobs in the outbox, and the last number of the workspace's stream. */
  outbox: number;
  cursor: number;
}

/** Reads one workspace, as the owner of the tables. */
export async function takeSnapshot(owner: Sql, workspaceId: string): Promise<Snapshot> {
  const [row] = await owner.unsafe<{ seen: Snapshot }[]>(statement, [workspaceId], { prepare: true });
  if (!row) throw new Error("a snapshot came back empty");
  return row.seen;
}

const statement = `
select json_build_object(
  'outbox', (select count(*) from outbox where workspace_id = $1),
  'cursor', coalesce((select last from workspace_cursor where workspace_id = $1), 0),
  'talks', coalesce((select json_agg(json_build_object(
    'id', c.id, 'startKey', c.start_key, 'status', c.status, 'handler', c.handler, 'messageSeq', c.message_seq, 'eventSeq', c.event_seq,
    'messages', coalesce((select json_agg(json_build_object('seq', m.seq, 'kind', m.author_kind, 'text', m.text, 'turnId', m.turn_id)
      order by m.seq) from message m where m.workspace_id = c.workspace_id and m.conversation_id = c.id), '[]'),
    'turns', coalesce((select json_agg(json_build_object('id', t.id, 'state', t.state, 'firstSeq', t.first_seq, 'lastSeq', t.last_seq)
      order by t.id) from turn t where t.workspace_id = c.workspace_id and t.conversation_id = c.id), '[]'),
    'events', coalesce((select json_agg(json_build_object('seq', e.seq, 'place', e.workspace_seq, 'type', e.type,
        'handler', e.body->>'handler', 'reason', e.body->>'reason', 'replyId', e.body->>'replyId', 'turnId', e.body->>'turnId',
        'text', e.body->>'text', 'messageSeq', (e.body->'message'->>'seq')::int, 'author', e.body->'message'->'author'->>'kind')
      order by e.seq) from event e where e.workspace_id = c.workspace_id and e.conversation_id = c.id), '[]'))
    order by c.start_key, c.id) from conversation c where c.workspace_id = $1), '[]')) as seen`;
