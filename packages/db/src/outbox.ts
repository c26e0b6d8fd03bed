/**
 * The outbox as the relay sees it: take some rows, have them delivered, delete them.
 *
 * No transaction is open while they are delivered. A relay that dies in between leaves its rows taken for a while; then
 * another delivers them again, under the same keys. The row of a job whose work no sweep would find again stays until the job is done,
 * and is delivered anew now and then: to a queue that still knows it that is nothing, to one that was lost it is everything.
 *
 * @module
 */
import { isJobName, type JobName, jobs, type QueuedJob } from "@axon/contracts/jobs";
import { inArray, sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { outbox } from "./schema/engine.ts";
import { withEngine } from "./transaction.ts";

/** How long taken rows are left alone, in seconds: far longer than a queue takes to accept a batch. */
const takenSeconds = 30;
/** A job that is due and not done is delivered again after so many seconds: a lost queue has its jobs back that late. */
const redeliverSeconds = 300;
/** Open turns of one workspace that are counted to find the lane of its next reply. */
const aheadMax = 20_000;

interface TakenRow {
  [column: string]: unknown;
  id: string;
  key: string;
  name: string;
  payload: Record<string, unknown>;
  delay_ms: number;
  request_id: string | null;
  /** Open turns of the workspace, of a reply; null of anything else. */
  ahead: number | null;
}

/** Takes up to `limit` rows, oldest first, has `deliver` queue them and deletes them. Gives how many there were. */
export async function deliverOutbox(
  database: Pick<Database, "engine">,
  limit: number,
  deliver: (jobs: QueuedJob[]) => Promise<void>,
): Promise<number> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<TakenRow>(sql`
      with taken as (
        update outbox set taken_until = now() + ${takenSeconds} * interval '1 second', attempts = attempts + 1
        where id in (select id from outbox where taken_until is null or taken_until < now() order by id limit ${limit} for update skip locked)
        returning id, workspace_id, key, name, payload, greatest(0, extract(epoch from due_at - now()) * 1000)::int as delay_ms, request_id),
      -- Only replies wait in one queue for all: other work takes turns before it is queued.
      replying as (
        select workspace_id, (select count(*) from (
          select 1 from turn where turn.workspace_id = of_reply.workspace_id and state in ('received', 'claimed', 'thinking') limit ${aheadMax}) as open)::int as ahead
        from (select distinct workspace_id from taken where name = ${"reply.generate" satisfies JobName}) as of_reply)
      select taken.*, ahead from taken
      left join replying on replying.workspace_id = taken.workspace_id and taken.name = ${"reply.generate" satisfies JobName}
      order by taken.id`),
  );
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => Number(row.id));
  try {
    await deliver(rows.map(toJob));
  } catch (error) {
    // Given back at once, so that a short outage of the queue is no longer than it is.
    await withEngine(database, (tx) => tx.update(outbox).set({ takenUntil: null }).where(inArray(outbox.id, ids)));
    throw error;
  }
  const kept = rows.filter(({ name }) => staysInOutbox(name)).map(({ id }) => Number(id));
  const gone = ids.filter((id) => !kept.includes(id));
  await withEngine(database, async (tx) => {
    if (gone.length > 0) await tx.delete(outbox).where(inArray(outbox.id, gone));
    if (kept.length === 0) return;
    const takenUntil = sql`greatest(now(), due_at) + ${redeliverSeconds} * interval '1 second'`;
    await tx.update(outbox).set({ deliveredAt: sql`now()`, takenUntil }).where(inArray(outbox.id, kept));
  });
  return rows.length;
}

/** True for a job whose row stays until it is done. Of a name that we don't know nothing else knows either. */
function staysInOutbox(name: string): boolean {
  return !isJobName(name) || jobs[name].rebuild === "outbox";
}

/** A job of which the outbox keeps a row is done; that may be before the relay has noted that it was delivered. */
export async function strikeOff(database: Pick<Database, "engine">, key: string): Promise<void> {
  await withEngine(database, (tx) => tx.execute(sql`delete from outbox where key = ${key} and attempts > 0`));
}

/** Rows beyond this are not counted: by then the number says enough. */
const countedMax = 100_000;

/** How many jobs wait to be carried to their queues for the first time, and how long the oldest has waited, in seconds. */
export async function readOutbox(database: Pick<Database, "engine">): Promise<{ waiting: number; oldestSeconds: number }> {
  const [row] = await withEngine(database, (tx) =>
    tx.execute<{ waiting: number; oldest: number }>(sql`
      select (select count(*) from (select 1 from outbox where delivered_at is null limit ${countedMax}) as counted)::int as waiting,
        coalesce((select greatest(0, extract(epoch from now() - created_at)) from outbox where delivered_at is null order by id limit 1), 0)::float8 as oldest`),
  );
  return { waiting: row?.waiting ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

function toJob(row: TakenRow): QueuedJob {
  // safe: the consumer gives up a name that it does not know where it can be seen; thrown here it would hold up all the others
  const name = row.name as JobName;
  const job = { key: row.key, name, payload: row.payload, delayMs: row.delay_ms, ...(row.ahead !== null && { ahead: row.ahead - 1 }) };
  return row.request_id === null ? job : { ...job, requestId: row.request_id };
}
