/**
 * The statement of a page of conversations as somebody would write it by hand who wants nothing else, and its rows as Axon's API
 * gives them.
 *
 * @module
 */
import { toIso } from "@axon/db/schema/columns";

export interface ListRow {
  id: string;
  agent_id: string;
  status: string;
  handler: string;
  assignee_id: string | null;
  assignee_name: string | null;
  handoff_reason: string | null;
  handoff_at: string | null;
  priority: string;
  attributes: unknown;
  tags: string[];
  external_id: string | null;
  snoozed_until: string | null;
  resolved_at: string | null;
  resolution: number;
  previous_id: string | null;
  muted_until: string | null;
  waiting_since: string | null;
  event_seq: number;
  last_message_at: string;
  created_at: string;
  channel_id: string;
  channel_kind: string;
  contact_id: string;
  name: string | null;
  email: string | null;
  contact_external_id: string | null;
  verified_at: string | null;
  page: string | null;
}

export function listSql(where: string, limit: string): string {
  return `select c.id, c.agent_id, c.status, c.handler, c.assignee_id, c.assignee_name, c.handoff_reason, c.handoff_at, c.priority,
    c.attributes, c.tags, c.external_id, c.snoozed_until, c.resolved_at, c.resolution, c.previous_id, c.muted_until, c.waiting_since,
    c.event_seq, c.last_message_at, c.created_at, h.id as channel_id, h.kind as channel_kind, p.id as contact_id, p.name, p.email,
    p.external_id as contact_external_id, p.verified_at, p.page
    from conversation c
    join channel h on h.workspace_id = c.workspace_id and h.id = c.channel_id
    join contact p on p.workspace_id = c.workspace_id and p.id = c.contact_id
    where ${where} order by c.last_message_at desc nulls last, c.id desc nulls last limit ${limit}`;
}

export function toItem(row: ListRow) {
  return {
    id: row.id,
    channel: { id: row.channel_id, kind: row.channel_kind },
    agentId: row.agent_id,
    contact: {
      id: row.contact_id,
      name: row.name,
      email: row.email,
      externalId: row.contact_external_id,
      ...(row.verified_at !== null ? { verified: true } : {}),
      ...(row.page !== null ? { page: row.page } : {}),
    },
    status: row.status,
    handler: row.handler,
    ...(row.assignee_id !== null ? { assignee: { id: row.assignee_id, name: row.assignee_name ?? "" } } : {}),
    ...(row.handoff_reason !== null && row.handoff_at !== null
      ? { handoff: { reason: row.handoff_reason, at: toIso(row.handoff_at) } }
      : {}),
    priority: row.priority,
    attributes: row.attributes,
    tags: row.tags,
    ...(row.external_id !== null ? { externalId: row.external_id } : {}),
    ...(row.snoozed_until !== null ? { snoozedUntil: toIso(row.snoozed_until) } : {}),
    ...(row.resolved_at !== null ? { resolvedAt: toIso(row.resolved_at) } : {}),
    resolution: row.resolution,
    ...(row.previous_id !== null ? { previousId: row.previous_id } : {}),
    ...(row.muted_until !== null ? { mutedUntil: toIso(row.muted_until) } : {}),
    ...(row.waiting_since !== null ? { waitingSince: toIso(row.waiting_since) } : {}),
    lastEventId: String(row.event_seq),
    lastMessageAt: toIso(row.last_message_at),
    createdAt: toIso(row.created_at),
  };
}
