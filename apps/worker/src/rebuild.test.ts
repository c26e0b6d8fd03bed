/** The queues are lost, with every kind of job there is in them: all of it comes back from the database, and is done. */
import { createLocalProvider } from "@axon/ai/local/provider";
import { type JobHandlers, type JobName, type JobPayload, jobs, type QueuedJob } from "@axon/contracts/jobs";
import { createInWorkspace } from "@axon/core/context";
import { connect, type Database, openPool } from "@axon/db/connect";
import { deliverOutbox, strikeOff } from "@axon/db/outbox";
import { createProducer } from "@axon/jobs/producer";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { openTestRedis } from "@axon/testing/database-redis";
import { openTestLimits } from "@axon/testing/limits";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cutAt, leaseEnds, letLeasesRunOut } from "./cut.fixture.ts";
import { scenes } from "./scenes.fixture.ts";
import { createSweeps } from "./sweeps.ts";
import { handlersIn, newWorld, type World } from "./world.fixture.ts";

const names = Object.keys(jobs) as JobName[]; // safe: keys of a literal
/** Work that brings other work with it comes to its end in fewer rounds. */
const roundsMax = 8;

let testDatabase: TestDatabase;
let database: Database;
let owner: ReturnType<typeof openPool>;
const limits = openTestLimits();

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 8 });
  owner = openPool(testDatabase, null, 4);
});
afterAll(async () => {
  await owner.end();
  await database.close();
  await limits.close();
  await testDatabase.close();
});

/** Where jobs are taken and lost: real Redis where the run has one. */
async function openQueue(): Promise<{ add(taken: readonly QueuedJob[]): Promise<void>; lose(): Promise<number>; close(): Promise<void> }> {
  const redis = await openTestRedis();
  if (!redis) {
    const held: QueuedJob[] = [];
    return { add: async (taken) => void held.push(...taken), lose: async () => held.splice(0).length, close: async () => {} };
  }
  const prefix = `${redis.prefix}:rebuild`;
  const producer = createProducer({ kind: "redis", prefix, connect: () => new Redis(redis.url, { maxRetriesPerRequest: null }) });
  const client = new Redis(redis.url);
  return {
    add: (taken) => producer.add(taken),
    lose: async () => {
      const keys = await client.keys(`${prefix}:*`);
      return keys.length === 0 ? 0 : client.del(...keys);
    },
    close: async () => {
      await producer.close();
      client.disconnect();
      await redis.close();
    },
  };
}

/** An hour goes by in all rows: what was due long ago is due, whoever held it is dead. */
async function anHourGoesBy(leases: readonly string[]): Promise<void> {
  await letLeasesRunOut(owner, leases, null);
  await owner.unsafe(`
    update outbox set taken_until = taken_until - interval '1 hour', due_at = due_at - interval '1 hour';
    update turn set due_at = due_at - interval '1 hour';
    update document set updated_at = updated_at - interval '1 hour';
    update evaluation set updated_at = updated_at - interval '1 hour';
    update knowledge_source set sync_due_at = sync_due_at - interval '1 hour';
    update mail set created_at = created_at - interval '1 hour'`);
}

it("every job of the catalogue comes back when Redis was wiped with all of them in it, and nothing is left undone", async () => {
  const queue = await openQueue();
  const leases = await leaseEnds(owner);
  const worlds = new Map<string, { world: World; name: JobName; payload: Record<string, unknown>; handlers: JobHandlers }>();
  for (const name of names) {
    const world = await newWorld({ owner, database, limits });
    const { payload }: { payload: Record<string, unknown> } = await scenes[name](world);
    // Exactly this job is under way, whoever asked for it.
    await owner`delete from outbox where workspace_id = ${world.workspaceId}`;
    const of = "workspaceId" in payload && name !== "workspace.purge" ? world.workspaceId : null;
    await owner`insert into outbox (workspace_id, key, name, payload) values (${of}, ${`first-${name}`}, ${name}, ${JSON.stringify(payload)}::text::jsonb)`;
    const id = String(payload["workspaceId"] ?? payload["mailId"]);
    worlds.set(id, { world, name, payload, handlers: handlersIn(world, cutAt(database, null)) });
  }
  expect(await deliverOutbox(database, 500, (taken) => queue.add(taken))).toBe(names.length);
  expect(await queue.lose()).toBeGreaterThan(0);

  const parts = { database, inWorkspace: createInWorkspace(database, () => {}), provider: createLocalProvider() };
  const sweeps = Object.values(createSweeps(parts));
  const back = new Set<string>();
  let taken: QueuedJob[] = [];
  const ingesting = [...worlds].flatMap(([id, { name }]) => (name === "knowledge.ingest" ? id : []));
  for (let round = 0; round === 0 || taken.length > 0; round++) {
    expect(round, `${taken.map(({ name }) => name)} come again and again`).toBeLessThan(roundsMax);
    await anHourGoesBy(leases);
    for (const { run } of sweeps) await run(new AbortController().signal);
    taken = [];
    await deliverOutbox(database, 500, async (jobsTaken) => void taken.push(...jobsTaken));
    // What is looked through by the hour is so as long as there is a workspace.
    if (round > 0) taken = taken.filter(({ name }) => name !== "workspace.retain");
    for (const job of taken) await runOne(job);
  }
  expect([...back].sort()).toEqual([...names].sort());
  const [left] = await owner`
      select (select count(*) from turn where state in ('received', 'claimed', 'thinking'))::int as turns,
        (select count(*) from document where status in ('queued', 'parsing', 'chunking', 'embedding') and workspace_id = any(${ingesting}::uuid[]))::int as documents,
        (select count(*) from evaluation where state in ('queued', 'running'))::int as evaluations,
        (select count(*) from mail where done_at is null)::int as letters,
        (select count(*) from outbox where key like 'first-%')::int as jobs`;
  expect(left).toEqual({ turns: 0, documents: 0, evaluations: 0, letters: 0, jobs: 0 });
  await queue.close();

  /** As a worker would, and strikes it off. */
  async function runOne({ key, name, payload }: QueuedJob): Promise<void> {
    const found = worlds.get(String(payload["workspaceId"] ?? payload["mailId"]));
    if (!found) return;
    if (name === found.name && JSON.stringify(ordered(payload)) === JSON.stringify(ordered(found.payload))) back.add(name);
    const handle = found.handlers[name] as (payload: JobPayload<JobName>, run: object) => Promise<void>; // safe: the handler of this name
    const job = jobs[name].payload.parse(payload) as JobPayload<JobName>; // safe: parsed by this name's own schema
    await handle(job, { jobId: key, attempt: 1, lastAttempt: false, signal: new AbortController().signal });
    await strikeOff(database, key);
  }
}, 120_000);

const ordered = (payload: Record<string, unknown>) => Object.entries(payload).sort(([one], [other]) => (one < other ? -1 : 1));
