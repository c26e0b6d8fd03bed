/** Every job there is, run twice, and cut at every await and run again: all of them leave the same behind. */
import { type JobHandlers, type JobName, type JobPayload, type JobRun, jobs } from "@axon/contracts/jobs";
import { connect, type Database, openPool } from "@axon/db/connect";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { openTestLimits } from "@axon/testing/limits";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type CutAt, cutAt, leaseEnds, letLeasesRunOut } from "./cut.fixture.ts";
import { differences, endState, tenantTables } from "./end-state.fixture.ts";
import { scenes } from "./scenes.fixture.ts";
import { handlersIn, newWorld, type World } from "./world.fixture.ts";

const names = Object.keys(jobs) as JobName[]; // safe: keys of a literal
/** A job with more awaits than this is cut at those that leave something behind, and at some of the others. */
const cutsMax = inject("twiceCutsMax");
/** Of a job that is cut at hundreds of awaits. */
const testMs = Math.max(60_000, cutsMax * 2_000);
/** Which of the others: the same for the same seed. */
const seed = inject("testSeed");
/** Trials that are under way at once, each in a workspace of its own. */
const atOnceMax = 4;
/** A queue tries a job this often after its worker died, and more. */
const triesMax = 3;

let testDatabase: TestDatabase;
let database: Database;
let owner: ReturnType<typeof openPool>;
let tables: string[];
let leases: string[];
const limits = openTestLimits();
const told: string[] = [];

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 8 });
  owner = openPool(testDatabase, null, 4);
  [tables, leases] = await Promise.all([tenantTables(owner), leaseEnds(owner)]);
});
afterAll(async () => {
  console.log(told.join("\n"));
  await owner.end();
  await database.close();
  await limits.close();
  await testDatabase.close();
});

const run: JobRun = { jobId: "k-1", attempt: 1, lastAttempt: false, signal: new AbortController().signal };

interface Stage {
  world: World;
  /** Runs the job, dying where it is told to. Gives the awaits that it came through. */
  play(at: CutAt | null): Promise<{ calls: string[]; died: boolean; error: unknown }>;
  end(): Promise<string[]>;
}

async function stageOf<Name extends JobName>(name: Name): Promise<Stage> {
  const world = await newWorld({ owner, database, limits });
  const { payload, also } = await scenes[name](world);
  return {
    world,
    async play(at) {
      const cut = cutAt(database, at);
      const handlers: JobHandlers = handlersIn(world, cut);
      const handle = handlers[name] as (payload: JobPayload<Name>, run: JobRun) => Promise<void>; // safe: the handler of this name
      const error = await handle(payload, run).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      return { calls: cut.calls, died: cut.dead(), error };
    },
    end: async () => [
      ...(await endState(owner, tables, world.workspaceId, also)),
      `${await namedFiles(world)} files`,
      ...[...world.letters.values()].map(({ to, subject }) => `letter to ${to.replace(world.accountId, "owner")}: ${subject}`),
    ],
  };
}

/** Files that a row names. One that was written just before its worker died is nobody's: it takes a little room, until its workspace goes. */
async function namedFiles({ files, workspaceId }: World): Promise<number> {
  if (files.size === 0) return 0;
  const rows = await owner`select storage_key as key from document where workspace_id = ${workspaceId}`;
  const [shut] = await owner`select 1 from purge where workspace_id = ${workspaceId}`;
  const named = new Set(rows.map((row) => String(row["key"])));
  // Of a workspace that is removed, and of files that are to go, none may stay.
  return rows.length === 0 || shut ? files.size : [...files.keys()].filter((key) => named.has(key)).length;
}

/** What the queue does with a job whose worker died: another tries it, once the dead one's leases are over. */
async function playToTheEnd(stage: Stage): Promise<void> {
  for (let tries = 0; ; tries++) {
    await letLeasesRunOut(owner, leases, stage.world.workspaceId);
    const { error } = await stage.play(null);
    if (error === null) return;
    if (tries >= triesMax) throw error;
  }
}

/** Every await of a short job; of a long one those that leave something behind, and a sample of the others. */
function cutsOf(calls: readonly string[]): CutAt[] {
  const lasting = (name: string) => name !== "sql";
  const all = calls.flatMap((name, place): CutAt[] => {
    const call = place + 1;
    return lasting(name)
      ? [
          { call, when: "before" },
          { call, when: "after" },
        ]
      : [{ call, when: "before" }];
  });
  if (all.length <= cutsMax) return all;
  // After what lasts is where ends could differ: most of the sample is of those.
  const sample = (of: CutAt[], max: number) => of.sort((one, other) => shuffled(one.call) - shuffled(other.call)).slice(0, max);
  const after = sample(
    all.filter(({ when }) => when === "after"),
    Math.ceil(cutsMax * 0.7),
  );
  return [
    ...after,
    ...sample(
      all.filter(({ when }) => when === "before"),
      cutsMax - after.length,
    ),
  ];
}

function shuffled(call: number): number {
  return Math.imul(call ^ (seed * 0x9e3779b1), 0x85ebca6b) >>> 0;
}

describe.each(names)("%s", (name) => {
  it(
    "leaves the same behind when it is run twice, and when it is cut anywhere and run again",
    async () => {
      const stage = await stageOf(name);
      const before = await stage.end();
      const { calls, error } = await stage.play(null);
      if (error !== null) throw error;
      const reference = await stage.end();
      // A scene in which nothing happens would prove nothing.
      expect(differences(before, reference)).not.toEqual([]);
      await stage.play(null);
      expect(differences(reference, await stage.end()), "run twice").toEqual([]);

      const cuts = cutsOf(calls);
      const left = [...cuts];
      const tryNext = async (): Promise<void> => {
        for (let at = left.shift(); at !== undefined; at = left.shift()) {
          const trial = await stageOf(name);
          const place = `cut ${at.when} await ${at.call}, ${calls[at.call - 1]}`;
          const { died } = await trial.play(at);
          expect(died, place).toBe(true);
          await playToTheEnd(trial);
          expect(differences(reference, await trial.end()), place).toEqual([]);
        }
      };
      await Promise.all(Array.from({ length: atOnceMax }, tryNext));
      const which = cuts.length < calls.length ? `${cuts.length} of its awaits (seed ${seed})` : "every await";
      told.push(
        `${name}: ${calls.length} awaits, ${calls.filter((call) => call !== "sql").length} of them lasting; ${cuts.length} cuts, at ${which}`,
      );
    },
    testMs,
  );
});
