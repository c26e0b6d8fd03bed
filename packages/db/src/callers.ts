/**
 * Whether those who hold live streams may still have them: one question for all of them, asked over and over.
 *
 * It says what stands in the tables and decides nothing.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import type { apiKey, membership } from "./schema/workspaces.ts";
import { withEngine } from "./transaction.ts";

/** Somebody at one end of a stream: a session or an API key, and the workspace they look at, if any; or a visitor of a widget. */
export type LiveCaller = { kind: "session" | "apiKey"; id: string; workspaceId: string | null } | LiveVisitor;

export interface LiveVisitor {
  kind: "visitor";
  /** Of the contact. */
  id: string;
  workspaceId: string;
  channelId: string;
  /** Of the secret that vouches for them; null for an anonymous visitor. */
  identityVersion: number | null;
}

export interface CallerState {
  /** False when the session or key was revoked, has expired or is gone; for a visitor, when they would not be let in again. */
  good: boolean;
  /** Null when the caller has no place in that workspace, or it is deleted. */
  role: (typeof membership.$inferSelect)["role"] | null;
  /** What a key was narrowed to; null: everything its role may. */
  scopes: (typeof apiKey.$inferSelect)["scopes"];
}

/** Callers in one statement. */
const callersPerQuery = 2_000;

/** The state of each, in the order given. */
export async function readCallers(database: Pick<Database, "engine">, callers: readonly LiveCaller[]): Promise<CallerState[]> {
  const states: CallerState[] = [];
  for (let from = 0; from < callers.length; from += callersPerQuery)
    states.push(...(await readSome(database, callers.slice(from, from + callersPerQuery))));
  return states;
}

async function readSome(database: Pick<Database, "engine">, callers: readonly LiveCaller[]): Promise<CallerState[]> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<{ at: string | number; good: boolean; role: CallerState["role"]; scopes: CallerState["scopes"] }>(sql`
      with caller as (
        select * from unnest(
          ${toArray(callers.map(({ kind }) => kind))}::text[],
          ${toArray(callers.map(({ id }) => id))}::uuid[],
          ${toArray(callers.map(({ workspaceId }) => workspaceId ?? "NULL"))}::uuid[],
          ${toArray(callers.map((caller) => (caller.kind === "visitor" ? caller.channelId : "NULL")))}::uuid[],
          ${toArray(callers.map((caller) => String((caller.kind === "visitor" ? caller.identityVersion : null) ?? "NULL")))}::int[]
        ) with ordinality as listed (kind, id, workspace_id, channel_id, identity_version, at)
      )
      select c.at, s.id is not null as good, m.role, null::text[] as scopes
        from caller c
        left join session s on s.id = c.id and s.revoked_at is null and s.expires_at > now()
        left join workspace w on w.id = c.workspace_id and w.deleted_at is null
        left join membership m on m.workspace_id = w.id and m.account_id = s.account_id
        where c.kind = 'session'
      union all
      select c.at, k.id is not null as good, case when w.id is null then null else k.role end, k.scopes
        from caller c
        left join api_key k on k.workspace_id = c.workspace_id and k.id = c.id
          and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        left join workspace w on w.id = k.workspace_id and w.deleted_at is null
        where c.kind = 'apiKey'
      union all
      select c.at, w.id is not null and h.id is not null and p.id is not null as good, null::text as role, null::text[] as scopes
        from caller c
        left join workspace w on w.id = c.workspace_id and w.deleted_at is null
        left join channel h on h.workspace_id = c.workspace_id and h.id = c.channel_id and h.deleted_at is null
          and (c.identity_version is null or c.identity_version = h.identity_version)
        left join contact came on came.workspace_id = c.workspace_id and came.id = c.id and came.erased_at is null
        left join contact p on p.workspace_id = c.workspace_id and p.id = coalesce(came.merged_into, came.id) and p.erased_at is null
          and (c.identity_version is not null or p.verified_at is null)
        where c.kind = 'visitor'`),
  );
  const states: CallerState[] = callers.map(() => ({ good: false, role: null, scopes: null }));
  for (const { at, good, role, scopes } of rows) states[Number(at) - 1] = { good, role, scopes };
  return states;
}

/** PostgreSQL's spelling of an array of ids or of our own words. */
function toArray(values: readonly string[]): string {
  return `{${values.join(",")}}`;
}
