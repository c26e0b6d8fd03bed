/**
 * The jobs that were given up, as the workers write them down: apart from the queues, so that a lost queue loses none of them.
 *
 * A letter takes the place of the job's row in the outbox, in one commit. Knows nothing of why a job failed.
 *
 * @module
 */
import type { DeadLetterCode } from "@axon/contracts/dead-letters";
import { type JobSpec, jobs, versionField } from "@axon/contracts/jobs";
import { sql } from "drizzle-orm";
import type { Database } from "./connect.ts";
import { newId } from "./ids.ts";
import { withEngine } from "./transaction.ts";

export interface LetterToKeep {
  jobId: string;
  /** What the outbox knows the job by. */
  key: string;
  queue: string;
  name: string;
  payload: Record<string, unknown>;
  parked: boolean;
  code: DeadLetterCode;
  error: string;
  attempts: number;
  requestId: string | null;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Writes a letter and takes the job out of the outbox. The same job id again changes nothing. The same work under another id (a
 * sweep asks again for what goes on failing) is told of by the letter that is there. Work of a workspace that is gone is no one's.
 */
export async function keepDeadLetter(database: Pick<Database, "engine">, letter: LetterToKeep): Promise<void> {
  const { jobId, queue, name, parked, code, error, attempts, requestId } = letter;
  const { workspaceId } = letter.payload;
  const owner = typeof workspaceId === "string" && uuidPattern.test(workspaceId) ? workspaceId : null;
  const state = parked ? "parked" : "dead";
  const payload = sql`${JSON.stringify(letter.payload)}::jsonb`;
  await withEngine(database, async (tx) => {
    await tx.execute(sql`delete from outbox where key = ${letter.key} and attempts > 0`);
    const known = await tx.execute(sql`
      update dead_letter set attempts = attempts + ${attempts}, error = ${error}, code = ${code}, state = ${state}, job_id = ${jobId}, failed_at = now()
      where id = (select id from dead_letter where state in ('dead', 'parked') and name = ${name} and queue = ${queue}
          and workspace_id is not distinct from ${owner}::uuid and payload = ${payload} order by id limit 1 for update)
        and not exists (select 1 from dead_letter told where told.queue = ${queue} and told.job_id = ${jobId})
      returning 1`);
    if (known.length > 0) return;
    await tx.execute(sql`
      insert into dead_letter (id, workspace_id, queue, job_id, name, payload, code, error, attempts, request_id, state)
      select ${newId()}::uuid, ${owner}::uuid, ${queue}, ${jobId}, ${name}, ${payload}, ${code}, ${error}, ${attempts}::int, ${requestId}, ${state}
      where ${owner}::uuid is null or exists (select 1 from workspace where id = ${owner}::uuid)
      on conflict (queue, job_id) do nothing`);
  });
}

/** Letters that go back to their queues in one commit; the next look finds the rest. */
const unparkMax = 200;

/** Queues what was parked and is understood by this version's catalogue. Gives how many there were. */
export async function unparkKnown(database: Pick<Database, "engine">): Promise<number> {
  const versions = Object.fromEntries(Object.entries<JobSpec>(jobs).map(([name, { version = 1 }]) => [name, version]));
  return withEngine(database, async (tx) => {
    const rows = await tx.execute(sql`
      with back as (
        update dead_letter set state = 'replayed', decided_at = now()
        where id in (
          select d.id from dead_letter d join jsonb_each_text(${JSON.stringify(versions)}::jsonb) as known (name, version) on known.name = d.name
          where d.state = 'parked' and coalesce((d.payload ->> ${versionField})::numeric, 1) <= known.version::numeric
          order by d.failed_at limit ${unparkMax} for update of d skip locked)
        returning id, workspace_id, name, payload, request_id)
      insert into outbox (workspace_id, key, name, payload, request_id)
      select workspace_id, 'unpark-' || id || '-' || (extract(epoch from now()) * 1000)::bigint, name, payload, request_id from back returning 1`);
    return rows.length;
  });
}

/** How many letters wait to be decided on, in all workspaces; counted up to ten thousand each. */
export async function countDeadLetters(database: Pick<Database, "engine">): Promise<{ dead: number; parked: number }> {
  const [row] = await withEngine(database, (tx) =>
    tx.execute<{ dead: number; parked: number }>(sql`
      select (select count(*) from (select 1 from dead_letter where state = 'dead' limit ${countedMax}) as counted)::int as dead,
        (select count(*) from (select 1 from dead_letter where state = 'parked' limit ${countedMax}) as counted)::int as parked`),
  );
  return { dead: row?.dead ?? 0, parked: row?.parked ?? 0 };
}

const countedMax = 10_000;
/** Letters that somebody has decided on are kept this long, the others longer; in days. */
const keptDays = { decided: 30, waiting: 180 };
/** Letters of one commit. */
const tidyMax = 1_000;

/** Removes letters that are too old, a batch at a time. Gives how many went. */
export async function tidyDeadLetters(database: Pick<Database, "engine">): Promise<number> {
  const rows = await withEngine(database, (tx) =>
    tx.execute(sql`
      delete from dead_letter where id in (
        select id from dead_letter
        where (state in ('replayed', 'discarded') and decided_at < now() - ${keptDays.decided} * interval '1 day')
          or failed_at < now() - ${keptDays.waiting} * interval '1 day'
        limit ${tidyMax})
      returning 1`),
  );
  return rows.length;
}
