import { purge } from "@axon/db/schema/accounts";
import { outbox } from "@axon/db/schema/engine";
import { auditEntry, workspace } from "@axon/db/schema/workspaces";
import { withAccount, withEngine } from "@axon/db/transaction";
import { desc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticate, me } from "../auth/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  createApiKey,
  deleteWorkspace,
  getWorkspace,
  listPurges,
  listWorkspaces,
  purgeWorkspace,
  requeuePurge,
  restoreWorkspace,
  updateWorkspace,
} from "./index.ts";
import { plantEverywhere, readEverything } from "./tenant-rows.fixture.ts";

let scene: Scene;
const never = new AbortController().signal;
const page = { limit: 50 };

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

async function found(name: string) {
  const made = await scene.found(name);
  const owner = { kind: "user" as const, id: made.accountId, name, ip: "127.0.0.1", requestId: "r1" };
  const { name: title } = await scene.inWorkspace(made.workspaceId, (ws) => getWorkspace(ws, "owner"));
  return { ...made, owner, title };
}

type Party = Awaited<ReturnType<typeof found>>;

const remove = ({ owner, workspaceId, title }: Party, graceDays = 0) =>
  deleteWorkspace(scene.auth, owner, workspaceId, { confirm: title, graceDays });
const update = ({ workspaceId, owner }: Party, input: Parameters<typeof updateWorkspace>[1], role: "owner" | "admin" = "owner") =>
  scene.inWorkspace(workspaceId, (ws) => updateWorkspace(ws, input, role), owner);
const auditOf = ({ workspaceId }: Party) =>
  scene.inWorkspace(workspaceId, (ws) =>
    ws.tx
      .select({ action: auditEntry.action, actorId: auditEntry.actorId, before: auditEntry.before, after: auditEntry.after })
      .from(auditEntry)
      .orderBy(desc(auditEntry.id)),
  );
const purgeJobs = ({ workspaceId }: Party) =>
  withEngine(scene.database, (tx) =>
    tx
      .select({ key: outbox.key, later: sql<boolean>`${outbox.dueAt} > now() + interval '1 minute'` })
      .from(outbox)
      .where(sql`${outbox.name} = 'workspace.purge' and ${outbox.payload}->>'workspaceId' = ${workspaceId}`)
      .orderBy(outbox.id),
  );
const orderOf = async ({ owner, workspaceId }: Party) =>
  (await listPurges(scene.auth, owner.id, page)).items.find((order) => order.workspaceId === workspaceId);

/** Files by key, which fail when told to. */
function fileStore(keys: string[] = []) {
  const kept = new Set(keys);
  return {
    kept,
    list: async (prefix: string, max: number) => [...kept].filter((key) => key.startsWith(prefix)).slice(0, max),
    remove: async (gone: readonly string[]) => {
      for (const key of gone) kept.delete(key);
    },
  };
}
const empty = ({ workspaceId }: Party, files = fileStore(), signal = never) =>
  purgeWorkspace({ database: scene.database, files }, { workspaceId }, { signal });

describe("changing a workspace", () => {
  it("changes what is named, leaves the rest, and says in the log what was and what is", async () => {
    const ada = await found("ada");
    expect(await update(ada, { name: "Renamed", retention: { documentsDays: 30 } })).toMatchObject({
      name: "Renamed",
      retention: { conversationsDays: null, documentsDays: 30 },
      legalHold: false,
    });
    expect(await update(ada, { retention: { documentsDays: null, conversationsDays: 7 } })).toMatchObject({
      name: "Renamed",
      retention: { conversationsDays: 7, documentsDays: null },
    });
    expect(await auditOf(ada)).toMatchObject([
      {
        action: "workspace.updated",
        actorId: ada.accountId,
        before: { retainDocumentsDays: 30, retainConversationsDays: null },
        after: { retainDocumentsDays: null, retainConversationsDays: 7 },
      },
      {
        action: "workspace.updated",
        before: { name: ada.title, retainDocumentsDays: null },
        after: { name: "Renamed", retainDocumentsDays: 30 },
      },
    ]);
    expect((await listWorkspaces(scene.auth, ada.accountId, page)).items).toMatchObject([
      { name: "Renamed", retention: { conversationsDays: 7 } },
    ]);
  });

  it("a second time changes nothing and says nothing", async () => {
    const ada = await found("ada");
    await update(ada, { name: "Renamed" });
    await update(ada, { name: "Renamed" });
    expect(await auditOf(ada)).toHaveLength(1);
  });

  it("leaves a legal hold to owners", async () => {
    const ada = await found("ada");
    await expect(update(ada, { name: "Mine", legalHold: true }, "admin")).rejects.toMatchObject({ reason: "forbidden" });
    expect(await scene.inWorkspace(ada.workspaceId, (ws) => getWorkspace(ws, "owner"))).toMatchObject({
      name: ada.title,
      legalHold: false,
    });
    expect(await update(ada, { legalHold: true })).toMatchObject({ legalHold: true });
  });
});

describe("deleting a workspace", () => {
  it("shuts it for everybody at once and orders its removal", async () => {
    const ada = await found("ada");
    const key = await scene.inWorkspace(ada.workspaceId, (ws) => createApiKey(ws, { name: "ci", role: "admin" }, ada.accountId), ada.owner);
    expect(await remove(ada)).toMatchObject({ workspaceId: ada.workspaceId, workspaceName: ada.title, doneAt: null, report: null });
    expect(await authenticate(scene.auth, ada.session.accessToken, ada.workspaceId)).toMatchObject({ standing: null });
    await expect(authenticate(scene.auth, key.secret ?? "", null)).rejects.toMatchObject({ reason: "unauthorized" });
    expect((await listWorkspaces(scene.auth, ada.accountId, page)).items).toEqual([]);
    expect((await me(scene.auth, ada.accountId)).memberships).toEqual([]);
    expect(await purgeJobs(ada)).toMatchObject([{ later: false }]);
    expect(await auditOf(ada)).toMatchObject([{ action: "workspace.deleted", actorId: ada.accountId }, { action: "api_key.created" }]);
  });

  it("refuses another name than its own, and a legal hold, and leaves it open", async () => {
    const ada = await found("ada");
    await expect(remove({ ...ada, title: "another" })).rejects.toMatchObject({
      reason: "validation",
      details: { fields: { confirm: expect.any(String) } },
    });
    await update(ada, { legalHold: true });
    await expect(remove(ada)).rejects.toMatchObject({ reason: "invalid_state" });
    expect(await authenticate(scene.auth, ada.session.accessToken, ada.workspaceId)).toMatchObject({ standing: { role: "owner" } });
    expect(await purgeJobs(ada)).toEqual([]);
    expect(await orderOf(ada)).toBeUndefined();
  });

  it("is nothing for a stranger, whatever they type", async () => {
    const [ada, bob] = [await found("ada"), await found("bob")];
    await expect(remove({ ...ada, owner: bob.owner })).rejects.toMatchObject({ reason: "not_found" });
    expect((await listWorkspaces(scene.auth, ada.accountId, page)).items).toHaveLength(1);
  });

  it("twice, or ten times at once, is one order", async () => {
    const ada = await found("ada");
    const told = await Promise.allSettled(Array.from({ length: 10 }, () => remove(ada)));
    expect(told.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(remove(ada)).rejects.toMatchObject({ reason: "not_found" });
    expect(await purgeJobs(ada)).toHaveLength(1);
  });
});

describe("restoring a workspace", () => {
  it("gives it back as it was, to the one who deleted it, while its grace lasts", async () => {
    const [ada, bob] = [await found("ada"), await found("bob")];
    const before = await readEverything(scene.database, ada.workspaceId);
    await remove(ada, 30);
    expect(await purgeJobs(ada)).toEqual([]);
    await empty(ada); // A job that comes too early does nothing.
    await expect(restoreWorkspace(scene.auth, bob.owner, ada.workspaceId)).rejects.toMatchObject({ reason: "not_found" });
    expect(await restoreWorkspace(scene.auth, ada.owner, ada.workspaceId)).toMatchObject({ id: ada.workspaceId, role: "owner" });
    expect(await authenticate(scene.auth, ada.session.accessToken, ada.workspaceId)).toMatchObject({ standing: { role: "owner" } });
    const { audit_entry: lines, ...after } = await readEverything(scene.database, ada.workspaceId);
    expect(after).toEqual(before);
    expect(lines).toHaveLength(2);
    await expect(restoreWorkspace(scene.auth, ada.owner, ada.workspaceId)).rejects.toMatchObject({ reason: "not_found" });
    await empty(ada);
    expect(await remove(ada, 1)).toMatchObject({ workspaceId: ada.workspaceId });
  });

  it("is refused once its time is over", async () => {
    const ada = await found("ada");
    await remove(ada);
    await expect(restoreWorkspace(scene.auth, ada.owner, ada.workspaceId)).rejects.toMatchObject({ reason: "invalid_state" });
    expect(await orderOf(ada)).toBeDefined();
  });
});

describe("removing a deleted workspace", () => {
  it("leaves no row in any table and no file, touches nobody else's, and proves it", async () => {
    const [ada, bob] = [await found("ada"), await found("bob")];
    const tables = await plantEverywhere(scene.database, ada.workspaceId, ada.accountId);
    await plantEverywhere(scene.database, bob.workspaceId, bob.accountId);
    const mine = Array.from({ length: 1_005 }, (_, number) => `${ada.workspaceId}/${number}/1`);
    const files = fileStore([...mine, `${bob.workspaceId}/1/1`]);
    const theirs = await readEverything(scene.database, bob.workspaceId);
    expect(Object.keys(await readEverything(scene.database, ada.workspaceId)).toSorted()).toEqual([...tables, "workspace"].toSorted());
    expect(tables.length).toBeGreaterThan(15);

    await remove(ada);
    await empty(ada, files);
    expect(await readEverything(scene.database, ada.workspaceId)).toEqual({});
    expect(await readEverything(scene.database, bob.workspaceId)).toEqual(theirs);
    expect([...files.kept]).toEqual([`${bob.workspaceId}/1/1`]);
    const order = await orderOf(ada);
    expect(order).toMatchObject({
      doneAt: expect.any(String),
      report: { removed: { vectors: 1, files: 1_005 }, left: { rows: 0, vectors: 0, files: 0, keys: 0 } },
    });
    expect(Object.keys(order?.report?.removed.rows ?? {}).toSorted()).toEqual([...tables, "workspace"].toSorted());
    expect(order?.report?.removed.rows).toMatchObject({ audit_entry: 2, message: 1, membership: 1 });
  });

  it("goes on where a killed worker stopped, and tells the whole of it", async () => {
    const ada = await found("ada");
    await plantEverywhere(scene.database, ada.workspaceId, ada.accountId);
    await remove(ada);
    const files = fileStore([`${ada.workspaceId}/1/1`]);
    const dying = { ...files, remove: () => Promise.reject(new Error("killed")) };
    await expect(empty(ada, dying)).rejects.toThrow("killed");
    expect(await readEverything(scene.database, ada.workspaceId)).not.toHaveProperty("message");
    expect(await orderOf(ada)).toMatchObject({ doneAt: null, report: { left: null } });
    await expect(restoreWorkspace(scene.auth, ada.owner, ada.workspaceId)).rejects.toMatchObject({ reason: "invalid_state" });
    await empty(ada, files);
    expect(await orderOf(ada)).toMatchObject({
      doneAt: expect.any(String),
      report: { removed: { rows: { message: 1, chunk: 1 }, files: 1 }, left: { rows: 0, files: 0 } },
    });
  });

  it("stops when it is told to, between two batches", async () => {
    const ada = await found("ada");
    await scene.inWorkspace(ada.workspaceId, (ws) =>
      ws.tx.execute(sql`
        insert into contact (workspace_id, id) select ${ws.workspaceId}::uuid, gen_random_uuid() from generate_series(1, 1500)`),
    );
    await remove(ada);
    await expect(empty(ada, fileStore(), AbortSignal.abort(new Error("time is up")))).rejects.toThrow("time is up");
    expect((await readEverything(scene.database, ada.workspaceId))["contact"]).toHaveLength(500);
    await empty(ada);
    expect(await orderOf(ada)).toMatchObject({ report: { removed: { rows: { contact: 1500 } }, left: { rows: 0 } } });
  });

  it("fails, to be tried again, while something is left", async () => {
    const ada = await found("ada");
    await remove(ada);
    let lists = 0;
    const files = { ...fileStore(), list: async () => (lists++ === 0 ? [] : [`${ada.workspaceId}/late/1`]) };
    await expect(empty(ada, files)).rejects.toThrow(/not empty yet/);
    expect(await orderOf(ada)).toMatchObject({ doneAt: null });
    await requeuePurge(scene, ada.workspaceId);
    await empty(ada);
    expect(await orderOf(ada)).toMatchObject({ doneAt: expect.any(String) });
  });

  it("looks once more for files that came by links from before the end, and twice is once", async () => {
    const ada = await found("ada");
    await remove(ada);
    await empty(ada);
    const done = await orderOf(ada);
    await empty(ada, fileStore([`${ada.workspaceId}/late/1`]));
    expect(await orderOf(ada)).toMatchObject({ doneAt: done?.doneAt, report: { removed: { files: 1 }, left: { files: 0 } } });
    expect((await purgeJobs(ada)).map(({ later }) => later)).toEqual([false, true]);
  });

  it("does nothing to a workspace that nobody deleted", async () => {
    const ada = await found("ada");
    await plantEverywhere(scene.database, ada.workspaceId, ada.accountId);
    const before = await readEverything(scene.database, ada.workspaceId);
    await empty(ada, fileStore([`${ada.workspaceId}/1/1`]));
    expect(await readEverything(scene.database, ada.workspaceId)).toEqual(before);
    // An order without the deletion is not enough either.
    await withAccount(scene.database, {}, (tx) =>
      tx
        .insert(purge)
        .values({ workspaceId: ada.workspaceId, workspaceName: "x", orderedBy: ada.accountId, dueAt: "2020-01-01T00:00:00.000Z" }),
    );
    await empty(ada);
    expect(await readEverything(scene.database, ada.workspaceId)).toEqual(before);
    expect(
      await scene.inWorkspace(ada.workspaceId, (ws) => ws.tx.select().from(workspace).where(eq(workspace.id, ws.workspaceId))),
    ).toHaveLength(1);
  });
});

describe("what became of one's workspaces", () => {
  it("is told to whoever ordered it, the latest first, page by page", async () => {
    const [ada, bob] = [await found("ada"), await found("bob")];
    await remove(bob);
    await remove(ada, 3);
    const order = await orderOf(ada);
    await withAccount(scene.database, {}, (tx) =>
      tx.insert(purge).values(
        [1, 2].map((day) => ({
          workspaceId: `00000000-0000-7000-8000-00000000000${day}`,
          workspaceName: `day ${day}`,
          orderedBy: ada.accountId,
          orderedAt: `2020-01-0${day}T00:00:00.000Z`,
          dueAt: `2020-01-0${day}T00:00:00.000Z`,
        })),
      ),
    );
    const first = await listPurges(scene.auth, ada.accountId, { limit: 2 });
    const second = await listPurges(scene.auth, ada.accountId, { limit: 2, cursor: first.nextCursor ?? undefined });
    expect(first.items).toMatchObject([order, { workspaceName: "day 2" }]);
    expect(second).toMatchObject({ items: [{ workspaceName: "day 1" }], nextCursor: null });
  });
});
