import { keepDeadLetter, type LetterToKeep } from "@axon/db/dead-letters";
import { newId } from "@axon/db/ids";
import { auditEntry } from "@axon/db/schema/workspaces";
import { asc } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WorkspaceCtx } from "../../context.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { discardDeadLetter, getDeadLetter, listDeadLetters, readJobsOverview, replayDeadLetter } from "../index.ts";

let scene: Scene;
let workspaceId: string;
let stranger: string;

beforeAll(async () => {
  scene = await openScene();
  stranger = (await scene.found("stranger")).workspaceId;
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
});

const here = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>, of = workspaceId) => scene.inWorkspace(of, verb);
const list = (of = workspaceId) => here((ws) => listDeadLetters(ws, { limit: 50 }), of);

/** A job that was given up; gives its letter's id. */
async function giveUp(change: Partial<LetterToKeep> = {}): Promise<string> {
  const key = newId();
  const payload = { workspaceId, storageKeys: ["a"], $v: 1 };
  const why = { parked: false, code: "exhausted", error: "no storage", attempts: 8, requestId: "r-1" } as const;
  await keepDeadLetter(scene.database, { jobId: `k-${key}`, key, queue: "system", name: "knowledge.purge", payload, ...why, ...change });
  return (await list()).items[0]?.id ?? "";
}
const queued = () => scene.database.engine`select key, name, payload from outbox where workspace_id = ${workspaceId} order by id`;
const audited = async () =>
  (await here(({ tx }) => tx.select().from(auditEntry).orderBy(asc(auditEntry.id)))).map(({ action, targetId }) => [action, targetId]);

describe("dead letters", () => {
  it("are listed newest first and page by page, without those that were decided on, and shown with what they bore", async () => {
    const ids = [
      await giveUp(),
      await giveUp({ payload: { workspaceId, storageKeys: ["b"] } }),
      await giveUp({ name: "reply.sing", parked: true, code: "unknown_job" }),
    ];
    await here((ws) => discardDeadLetter(ws, ids[0] ?? ""));
    const first = await here((ws) => listDeadLetters(ws, { limit: 1 }));
    const second = await here((ws) => listDeadLetters(ws, { limit: 1, cursor: first.nextCursor ?? "" }));
    expect([first.items[0]?.id, second.items[0]?.id, second.nextCursor]).toEqual([ids[2], ids[1], null]);
    expect((await here((ws) => listDeadLetters(ws, { limit: 9, state: "discarded" }))).items.map(({ id }) => id)).toEqual([ids[0]]);
    expect(await here((ws) => getDeadLetter(ws, ids[1] ?? ""))).toMatchObject({
      job: "knowledge.purge",
      state: "dead",
      code: "exhausted",
      error: "no storage",
      attempts: 8,
      requestId: "r-1",
      decidedBy: null,
      payload: { workspaceId, storageKeys: ["b"] },
    });
  });

  it("show nothing that could be a secret", async () => {
    const id = await giveUp({
      name: "reply.sing",
      payload: { workspaceId, resetToken: "axr_1", email: "a@b.example", words: "x".repeat(500) },
    });
    const { payload } = await here((ws) => getDeadLetter(ws, id));
    expect(payload).toEqual({ workspaceId, resetToken: "[hidden]", email: "[hidden]", words: "x".repeat(200) });
  });

  it("are another workspace's business: neither seen nor decided on", async () => {
    const id = await giveUp();
    expect((await list(stranger)).items).toEqual([]);
    expect((await here(readJobsOverview, stranger)).deadLetters).toEqual({ dead: 0, parked: 0 });
    for (const verb of [getDeadLetter, replayDeadLetter, discardDeadLetter])
      await expect(here<unknown>((ws) => verb(ws, id), stranger)).rejects.toMatchObject({ reason: "not_found" });
    expect(await queued()).toEqual([]);
    expect((await list()).items).toHaveLength(1);
  });
});

describe("replaying a dead letter", () => {
  it("queues its job once, with what it bore, however many ask", async () => {
    const id = await giveUp();
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => here((ws) => replayDeadLetter(ws, id))));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["done_before", "done_before", "done_before", "queued"]);
    expect(await queued()).toEqual([{ key: `replay-${id}`, name: "knowledge.purge", payload: { workspaceId, storageKeys: ["a"], $v: 1 } }]);
    expect((await audited()).filter(([, target]) => target === id)).toEqual([["dead_letter.replayed", id]]);
    expect(await here(readJobsOverview)).toMatchObject({ deadLetters: { dead: 0, parked: 0 } });
  });

  it("whose cause is gone queues nothing and says so", async () => {
    const id = await giveUp({ name: "reply.generate", queue: "replies", payload: { workspaceId, turnId: newId(), $v: 1 } });
    expect(await here((ws) => replayDeadLetter(ws, id))).toMatchObject({ outcome: "nothing_to_do", state: "discarded" });
    expect(await queued()).toEqual([]);
  });

  it("gives what was parked back as it was, for whoever understands it", async () => {
    const payload = { workspaceId, song: newId(), $v: 3 };
    const id = await giveUp({ name: "reply.sing", parked: true, code: "unknown_job", payload });
    expect(await here((ws) => replayDeadLetter(ws, id))).toMatchObject({ outcome: "queued" });
    expect(await queued()).toMatchObject([{ name: "reply.sing", payload }]);
  });

  it("leaves nothing when its commit fails", async () => {
    const id = await giveUp();
    const broken = here(async (ws) => {
      await replayDeadLetter(ws, id);
      throw new Error("the server died");
    });
    await expect(broken).rejects.toThrow("the server died");
    expect(await queued()).toEqual([]);
    expect((await list()).items).toMatchObject([{ id, state: "dead" }]);
  });
});

describe("discarding a dead letter", () => {
  it("is once, is told to the audit log, and is final; what was replayed can't be discarded", async () => {
    const id = await giveUp();
    const [one, other] = [await here((ws) => discardDeadLetter(ws, id)), await here((ws) => discardDeadLetter(ws, id))];
    expect(one).toMatchObject({ state: "discarded", decidedBy: "Axon" });
    expect(other).toEqual(one);
    await expect(here((ws) => replayDeadLetter(ws, id))).rejects.toMatchObject({ reason: "invalid_state" });
    expect(await queued()).toEqual([]);
    expect((await audited()).filter(([, target]) => target === id)).toEqual([["dead_letter.discarded", id]]);
    const again = await giveUp();
    await here((ws) => replayDeadLetter(ws, again));
    await expect(here((ws) => discardDeadLetter(ws, again))).rejects.toMatchObject({ reason: "invalid_state" });
  });
});
