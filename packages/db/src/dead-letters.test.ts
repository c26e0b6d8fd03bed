import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, type Database } from "./connect.ts";
import { countDeadLetters, keepDeadLetter, type LetterToKeep, tidyDeadLetters, unparkKnown } from "./dead-letters.ts";
import { newId } from "./ids.ts";
import { deliverOutbox, readOutbox, strikeOff } from "./outbox.ts";
import { account } from "./schema/accounts.ts";
import { outbox } from "./schema/engine.ts";
import { membership, workspace } from "./schema/workspaces.ts";
import { withAccount, withEngine, withWorkspace } from "./transaction.ts";

let testDatabase: TestDatabase;
let database: Database;
let workspaceId: string;

beforeAll(async () => {
  testDatabase = await openTestDatabase();
  database = connect(testDatabase, { poolMax: 6 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.close();
});
beforeEach(async () => {
  await database.engine`delete from dead_letter`;
  await database.engine`delete from outbox`;
  workspaceId = newId();
  const accountId = newId();
  await withAccount(database, { accountId, workspaceId }, async (tx) => {
    await tx.insert(account).values({ id: accountId, email: `${accountId}@example.com`, name: "N", passwordHash: "x" });
    await tx.insert(workspace).values({ id: workspaceId, name: "W", slug: workspaceId });
    await tx.insert(membership).values({ workspaceId, accountId, role: "owner", name: "N" });
  });
});

function letter(change: Partial<LetterToKeep> = {}): LetterToKeep {
  const key = change.key ?? newId();
  const payload = { workspaceId, turnId: newId(), $v: 1 };
  const why = { parked: false, code: "exhausted", error: "no model", attempts: 5, requestId: "r-1" } as const;
  return { jobId: `k-${key}`, key, queue: "replies", name: "reply.generate", payload, ...why, ...change };
}
const letters = async () => database.engine`select job_id, name, attempts, state, code, workspace_id, payload from dead_letter order by id`;
const enqueue = (name: string, payload: Record<string, unknown>, key: string, dueInMs = 0) =>
  withWorkspace(database, workspaceId, (tx) =>
    tx.insert(outbox).values({ workspaceId, key, name, payload, dueAt: new Date(Date.now() + dueInMs).toISOString() }),
  );
const deliver = async () => {
  const keys: string[] = [];
  await deliverOutbox(database, 100, async (delivered) => void keys.push(...delivered.map(({ key }) => key)));
  return keys;
};

describe("a dead letter", () => {
  it("is kept once, however often and by however many it is told", async () => {
    const one = letter();
    await Promise.all(Array.from({ length: 5 }, () => keepDeadLetter(database, one)));
    expect(await letters()).toMatchObject([{ job_id: one.jobId, attempts: 5, state: "dead", workspace_id: workspaceId }]);
    expect(await countDeadLetters(database)).toEqual({ dead: 1, parked: 0 });
  });

  it("tells of the same work that goes on failing under other ids, instead of piling up", async () => {
    const first = letter();
    await keepDeadLetter(database, first);
    for (const jobId of ["k-again-1", "k-again-2", "k-again-2"])
      await keepDeadLetter(database, { ...first, jobId, attempts: 2, code: "timed_out" });
    expect(await letters()).toMatchObject([{ job_id: "k-again-2", attempts: 9, code: "timed_out" }]);
    await keepDeadLetter(database, letter());
    expect(await letters()).toHaveLength(2);
  });

  it("of a workspace that is gone is not kept, and one that names no workspace is nobody's", async () => {
    await keepDeadLetter(database, letter({ payload: { workspaceId: newId() } }));
    await keepDeadLetter(database, letter({ payload: { workspaceId: "x' or 1=1" }, name: "reply.sing" }));
    await keepDeadLetter(database, letter({ payload: { mailId: newId() }, name: "account.mail" }));
    expect((await letters()).map((row) => [row["name"], row["workspace_id"]])).toEqual([
      ["reply.sing", null],
      ["account.mail", null],
    ]);
  });

  it("is removed when it is old: sooner when somebody decided on it", async () => {
    for (const _ of [1, 2, 3, 4]) await keepDeadLetter(database, letter());
    const [a, b, c] = (await database.engine`select id from dead_letter order by id`).map((row) => String(row["id"]));
    await database.engine`update dead_letter set state = 'discarded', decided_at = now() - interval '31 days' where id = ${a ?? ""}`;
    await database.engine`update dead_letter set failed_at = now() - interval '31 days' where id = ${b ?? ""}`;
    await database.engine`update dead_letter set failed_at = now() - interval '181 days' where id = ${c ?? ""}`;
    expect(await tidyDeadLetters(database)).toBe(2);
    expect(await letters()).toHaveLength(2);
  });
});

describe("a parked job", () => {
  it("goes back to its queue, once, when a version comes that understands it; the others wait on", async () => {
    const payload = { workspaceId, documentId: newId(), $v: 1 };
    await keepDeadLetter(database, letter({ name: "knowledge.ingest", queue: "system", parked: true, code: "unknown_job", payload }));
    await keepDeadLetter(database, letter({ payload: { workspaceId, $v: 2 }, parked: true, code: "newer_version" }));
    await keepDeadLetter(database, letter({ name: "reply.sing", parked: true, code: "unknown_job" }));
    await keepDeadLetter(database, letter({ name: "knowledge.ingest" }));
    expect(await Promise.all([unparkKnown(database), unparkKnown(database)])).toContain(1);
    expect(await unparkKnown(database)).toBe(0);
    expect((await letters()).map((row) => row["state"])).toEqual(["replayed", "parked", "parked", "dead"]);
    const rows = await withEngine(database, (tx) => tx.select().from(outbox));
    expect(rows).toMatchObject([{ workspaceId, name: "knowledge.ingest", payload, requestId: "r-1" }]);
  });
});

describe("the row of a job in the outbox", () => {
  it("goes with its delivery where a sweep would find the work again, and stays to the end where none would", async () => {
    await enqueue("reply.generate", { workspaceId, turnId: newId() }, "swept");
    await enqueue("knowledge.index", { workspaceId }, "kept");
    await enqueue("reply.sing", { workspaceId }, "unknown");
    expect((await deliver()).sort()).toEqual(["kept", "swept", "unknown"]);
    const rows = await withEngine(database, (tx) => tx.select().from(outbox));
    expect(rows.map(({ key }) => key).sort()).toEqual(["kept", "unknown"]);
    // It waits for nobody any more, so nobody is to be alarmed by it.
    expect(await readOutbox(database)).toEqual({ waiting: 0, oldestSeconds: 0 });
    expect(await deliver()).toEqual([]);
    await strikeOff(database, "kept");
    await keepDeadLetter(database, letter({ key: "unknown", name: "reply.sing", parked: true, code: "unknown_job" }));
    expect(await withEngine(database, (tx) => tx.select().from(outbox))).toEqual([]);
  });

  it("goes, too, when the job ended before its relay has noted that it was delivered", async () => {
    await enqueue("knowledge.index", { workspaceId }, "quick");
    await enqueue("knowledge.index", { workspaceId }, "hopeless");
    await deliverOutbox(database, 10, async () => {
      await strikeOff(database, "quick");
      await keepDeadLetter(database, letter({ key: "hopeless", name: "knowledge.index" }));
    });
    expect(await withEngine(database, (tx) => tx.select().from(outbox))).toEqual([]);
  });

  it("is delivered again when it was due long ago: whoever lost it has it back under the same key", async () => {
    await enqueue("knowledge.index", { workspaceId }, "due");
    await enqueue("knowledge.index", { workspaceId }, "tomorrow", 86_400_000);
    expect(await deliver()).toHaveLength(2);
    await database.engine`update outbox set taken_until = taken_until - interval '6 minutes'`;
    expect(await deliver()).toEqual(["due"]);
    expect(await deliver()).toEqual([]);
  });

  it("is struck off only when its queue had it: the same key written anew is not lost with the old one's end", async () => {
    await enqueue("knowledge.index", { workspaceId }, "same");
    await strikeOff(database, "same");
    expect(await deliver()).toEqual(["same"]);
  });
});
