/**
 * Conversations whose time has come: snoozed ones that are to wake, and quiet ones that nobody waits in. Ids only; whether it
 * is still so is looked at by whoever takes them up.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import type { Stuck } from "./sweep.ts";
import { withEngine } from "./transaction.ts";

/** Most rows of one look; the next finds the rest. */
const dueMax = 200;

/** Work of a deleted workspace waits for it to be restored or removed. */
const inUse = sql`not exists (select 1 from workspace where id = c.workspace_id and deleted_at is not null)`;

/** Snoozed conversations that are to wake now, the longest due first. */
export async function findDueSnoozes(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select c.workspace_id as "workspaceId", c.id from conversation c
      where c.status = 'snoozed' and c.snoozed_until <= now() and ${inUse}
      order by c.snoozed_until limit ${dueMax}`),
  );
}

/** Open conversations in which nobody waits, quiet for longer than their channel allows. */
export async function findQuietConversations(database: Pick<Database, "engine">): Promise<Stuck[]> {
  return withEngine(database, (tx) =>
    tx.execute<Stuck>(sql`
      select c.workspace_id as "workspaceId", c.id from channel
      join conversation c on c.workspace_id = channel.workspace_id and c.channel_id = channel.id
      where channel.auto_resolve_minutes is not null and c.status = 'open' and c.waiting_since is null
        and c.last_message_at <= now() - channel.auto_resolve_minutes * interval '1 minute' and ${inUse}
      limit ${dueMax}`),
  );
}
