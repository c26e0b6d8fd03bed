/**
 * The outbox as the relay sees it: take some rows, have them delivered, delete them.
 *
 * No transaction is open while they are delivered. A relay that dies in between leaves its rows taken for a while; then
 * another delivers them again, under the same keys.
 *
 * @module
 */
import type { JobName, QueuedJob } from "@axon/contracts/jobs";
import { inArray, sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { outbox } from "./schema/engine.ts";
import { withEngine } from "./transaction.ts";

/** How long taken rows are left alone, in seconds: far longer than a queue takes to accept a batch. */
const takenSeconds = 30;

interface TakenRow {
  [column: string]: unknown;
  id: string;
  key: string;
  name: string;
  payload: Record<string, unknown>;
  delay_ms: number;
  request_id: string | null;
}

/** Takes up to `limit` rows, oldest first, has `deliver` queue them and deletes them. Gives how many there were. */
export async function deliverOutbox(
  database: Pick<Database, "engine">,
  limit: number,
  deliver: (jobs: QueuedJob[]) => Promise<void>,
): Promise<number> {
  const rows = await withEngine(database, (tx) =>
    tx.execute<TakenRow>(sql`
      update outbox set taken_until = now() + ${takenSeconds} * interval '1 second', attempts = attempts + 1
      where id in (select id from outbox where taken_until is null or taken_until < now() order by id limit ${limit} for update skip locked)
      returning id, key, name, payload, greatest(0, extract(epoch from due_at - now()) * 1000)::int as delay_ms, request_id`),
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
  await withEngine(database, async (tx) => {
    await tx.delete(outbox).where(inArray(outbox.id, ids));
  });
  return rows.length;
}

/** Rows beyond this are not counted: by then the number says enough. */
const countedMax = 100_000;

/** How many jobs wait to be carried to their queues, and how long the oldest has waited, in seconds. */
export async function readOutbox(database: Pick<Database, "engine">): Promise<{ waiting: number; oldestSeconds: number }> {
  const [row] = await withEngine(database, (tx) =>
    tx.execute<{ waiting: number; oldest: number }>(sql`
      select (select count(*) from (select 1 from outbox limit ${countedMax}) as counted)::int as waiting,
        coalesce((select greatest(0, extract(epoch from now() - created_at)) from outbox order by id limit 1), 0)::float8 as oldest`),
  );
  return { waiting: row?.waiting ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

function toJob(row: TakenRow): QueuedJob {
  // safe: the consumer gives up a name that it does not know where it can be seen; thrown here it would hold up all the others
  const job = { key: row.key, name: row.name as JobName, payload: row.payload, delayMs: row.delay_ms };
  return row.request_id === null ? job : { ...job, requestId: row.request_id };
}
