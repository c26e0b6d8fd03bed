import { newId } from "@axon/db/ids";
import { document } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { findStuckDocuments } from "@axon/db/sweep";
import { and, eq, isNotNull, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { addText, createUpload, deleteDocument, requeueDocument } from "./index.ts";
import { documentOf, ingest, type Library, newSource, openLibrary, outboxOf } from "./library.fixture.ts";
import { dispatchedMax, queueIngest } from "./queue-ingest.ts";

let scene: Scene;
let library: Library;
let workspaceId: string;

beforeAll(async () => {
  scene = await openScene();
  library = openLibrary(scene);
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
});

const add = (sourceId: string, name: string, of = workspaceId) =>
  addText(library, of, { sourceId, name, text: `Text of ${name}.`, mime: "text/plain" });
const jobsOf = async (of: string) => (await outboxOf(scene, of)).filter(({ name }) => name === "knowledge.ingest");

describe("whose turn it is", () => {
  it("is another workspace's long before the end of one that has brought three hundred", async () => {
    const sourceId = await newSource(scene, workspaceId);
    const first = await add(sourceId, "Note 0");
    const crowd = [first.id, ...Array.from({ length: 299 }, newId)];
    const row = { workspaceId, sourceId, name: "Note", mime: "text/plain", bytes: 1, storageKey: `${workspaceId}/${first.id}/1` };
    await scene.inWorkspace(workspaceId, async (ws) => {
      await ws.tx.insert(document).values(crowd.slice(1).map((id) => ({ ...row, id, status: "queued" as const })));
      await queueIngest(ws);
    });
    const other = (await scene.found("other")).workspaceId;
    const { id: lone } = await add(await newSource(scene, other), "Alone", other);
    // One worker that takes jobs in the order in which they were queued, from both.
    const taken = new Set<string>();
    const ended: string[] = [];
    while (!ended.includes(lone)) {
      const queue = [...(await jobsOf(workspaceId)), ...(await jobsOf(other))].filter(({ key }) => !taken.has(key));
      // What was on the queue when the lone one came stands before it, and nothing else.
      const due = queue.find(({ payload }) => payload["documentId"] === lone && ended.length >= dispatchedMax) ?? queue[0];
      if (!due) throw new Error("nothing is queued");
      taken.add(due.key);
      const { workspaceId: of, documentId } = due.payload as { workspaceId: string; documentId: string }; // safe: as the catalogue has it
      await ingest(library, of, documentId);
      ended.push(documentId);
    }
    expect(ended.length).toBeLessThan(10);
    // Never more than its share on the queue, the oldest first, and all of the others wait in peace.
    expect((await jobsOf(workspaceId)).length).toBeLessThanOrEqual(ended.length + dispatchedMax);
    const oldest = [...crowd].sort();
    expect(ended.slice(0, -1).sort()).toEqual(oldest.slice(0, ended.length - 1));
    await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.update(document).set({ updatedAt: sql`now() - interval '1 hour'` }).where(sql`true`),
    );
    const stuck = (await findStuckDocuments(scene.database)).filter((one) => one.workspaceId === workspaceId);
    expect(stuck.length).toBe(dispatchedMax);
  });

  it("passes on with whatever ends a document: the end of it, its failure, its removal", async () => {
    const source = await newSource(scene, workspaceId);
    const ids: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) ids.push((await add(source, name)).id);
    const queued = async () => (await jobsOf(workspaceId)).map(({ payload }) => payload["documentId"]);
    expect(await queued()).toEqual(ids.slice(0, 2));
    await ingest(library, workspaceId, ids[0] ?? "");
    expect(await queued()).toEqual(ids.slice(0, 3));
    const broken = { ...library, parse: () => Promise.reject(new Error("no")) };
    await ingest(broken, workspaceId, ids[1] ?? "", { lastAttempt: true });
    expect(await queued()).toEqual(ids.slice(0, 4));
    await scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, ids[2] ?? ""));
    expect(await queued()).toEqual(ids);
    expect(await documentOf(scene, workspaceId, ids[1] ?? "")).toMatchObject({ status: "failed", failedStep: "parsing" });
  });

  it("is found again when it was lost", async () => {
    const { id } = await add(await newSource(scene, workspaceId), "a");
    await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx
        .update(document)
        .set({ dispatchedAt: null, updatedAt: sql`now() - interval '1 hour'` })
        .where(and(eq(document.id, id), isNotNull(document.dispatchedAt))),
    );
    expect((await findStuckDocuments(scene.database)).map((one) => one.id)).toContain(id);
    await scene.inWorkspace(workspaceId, (ws) => requeueDocument(ws, id));
    expect((await findStuckDocuments(scene.database)).map((one) => one.id)).not.toContain(id);
    expect(new Set((await jobsOf(workspaceId)).map(({ payload }) => payload["documentId"]))).toEqual(new Set([id]));
  });
});

describe("what a plan allows", () => {
  const allow = (planLimits: Record<string, number>) =>
    scene.inWorkspace(workspaceId, ({ tx }) => tx.update(workspace).set({ planLimits }).where(eq(workspace.id, workspaceId)));

  it("is not passed by any number of uploads at once, and the refusal says what is used", async () => {
    await allow({ documentsMax: 5 });
    const sourceId = await newSource(scene, workspaceId);
    const input = { sourceId, name: "a.txt", mime: "text/plain", bytes: 3 };
    const tried = await Promise.allSettled(Array.from({ length: 50 }, () => createUpload(library, workspaceId, input)));
    expect(tried.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect(tried.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { reason: "plan_limit", details: { name: "documentsMax", limit: 5, used: 5, adding: 1 } },
    });
    const other = (await scene.found("other")).workspaceId;
    await add(await newSource(scene, other), "theirs", other);
  });

  it("counts bytes of files, and of one file, and leaves no file behind", async () => {
    const sourceId = await newSource(scene, workspaceId);
    const before = library.files.kept.size;
    await allow({ storageBytesMax: 20 });
    await expect(add(sourceId, "a name that is long enough")).rejects.toMatchObject({
      reason: "plan_limit",
      details: { name: "storageBytesMax" },
    });
    await allow({ uploadBytesMax: 5 });
    await expect(add(sourceId, "b")).rejects.toMatchObject({ reason: "plan_limit", details: { name: "uploadBytesMax" } });
    expect(library.files.kept.size).toBe(before);
  });

  it("counts passages: a document that brings too many fails and says so, and what it said before stays", async () => {
    const { id } = await add(await newSource(scene, workspaceId), "a");
    await allow({ chunksMax: 0 });
    await ingest(library, workspaceId, id);
    expect(await documentOf(scene, workspaceId, id)).toMatchObject({
      status: "failed",
      failedStep: "chunking",
      error: { code: "plan_limit" },
    });
  });
});
