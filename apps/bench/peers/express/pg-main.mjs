/** Express and pg: membership by a statement, the list in a transaction that row-level security holds. */
import pg from "pg";
import { limit, serve, url, withoutNulls } from "./serve.mjs";

const pool = new pg.Pool({ connectionString: url, max: 10 });
const membershipSql = `select m.role from session s
  join membership m on m.account_id = s.account_id and m.workspace_id = $3 join workspace w on w.id = m.workspace_id and w.deleted_at is null
  where s.id = $1 and s.account_id = $2 and s.revoked_at is null and s.expires_at > now()`;
const listSql = `select c.*, h.kind as channel_kind, p.name, p.email, p.external_id as contact_external_id, p.verified_at, p.page
  from conversation c
  join channel h on h.workspace_id = c.workspace_id and h.id = c.channel_id
  join contact p on p.workspace_id = c.workspace_id and p.id = c.contact_id
  order by c.last_message_at desc nulls last, c.id desc nulls last limit $1`;

async function find({ sub, sid }, workspaceId) {
  const { rows } = await pool.query(membershipSql, [sid, sub, workspaceId]);
  if (rows.length === 0) return null;
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('role', 'axon_app', true), set_config('app.workspace_id', $1, true)", [workspaceId]);
    const list = await client.query(listSql, [limit + 1]);
    await client.query("commit");
    return list.rows;
  } finally {
    client.release();
  }
}

function toItem(row) {
  return {
    id: row.id,
    channel: { id: row.channel_id, kind: row.channel_kind },
    agentId: row.agent_id,
    contact: {
      id: row.contact_id,
      name: row.name,
      email: row.email,
      externalId: row.contact_external_id,
      ...(row.verified_at === null ? {} : { verified: true }),
      ...(row.page === null ? {} : { page: row.page }),
    },
    status: row.status,
    handler: row.handler,
    ...(row.assignee_id === null ? {} : { assignee: { id: row.assignee_id, name: row.assignee_name ?? "" } }),
    ...(row.handoff_reason === null ? {} : { handoff: { reason: row.handoff_reason, at: row.handoff_at } }),
    ...withoutNulls({
      priority: row.priority,
      attributes: row.attributes,
      tags: row.tags,
      externalId: row.external_id,
      snoozedUntil: row.snoozed_until,
      resolvedAt: row.resolved_at,
      resolution: row.resolution,
      previousId: row.previous_id,
      mutedUntil: row.muted_until,
      waitingSince: row.waiting_since,
    }),
    lastEventId: String(row.event_seq),
    lastMessageAt: row.last_message_at,
    createdAt: row.created_at,
  };
}

serve(find, toItem);
