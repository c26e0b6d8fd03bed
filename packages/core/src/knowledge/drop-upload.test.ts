import { document } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createUpload, dropUpload } from "./index.ts";
import { claimDocument } from "./lease.ts";
import { newSource, openLibrary, outboxOf, queuedText } from "./library.fixture.ts";

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

describe("an upload that was announced and never came", () => {
  it("is removed after a day with what may lie in its place, once, and by nobody else's hand", async () => {
    const [ada, bob] = [await scene.found("ada"), await scene.found("bob")];
    const { workspaceId } = ada;
    const input = { sourceId: await newSource(scene, workspaceId), name: "a.txt", mime: "text/plain", bytes: 4 };
    const { documentId } = await createUpload(openLibrary(scene), workspaceId, input);
    const drop = (as: string) => scene.inWorkspace(as, (ws) => dropUpload(ws, documentId));
    const there = () => scene.inWorkspace(workspaceId, ({ tx }) => tx.select({ id: document.id }).from(document));
    await drop(workspaceId);
    expect(await there()).toHaveLength(1);
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(document).set({ updatedAt: sql`now() - interval '25 hours'` }));
    await drop(bob.workspaceId);
    expect(await there()).toHaveLength(1);
    await drop(workspaceId);
    await drop(workspaceId);
    expect(await there()).toEqual([]);
    // At once, and again when the last link to upload has run out.
    const jobs = (await outboxOf(scene, workspaceId)).filter(({ name }) => name === "knowledge.purge");
    expect(jobs.map(({ payload }) => payload["storageKeys"])).toEqual([
      [`${workspaceId}/${documentId}/1`],
      [`${workspaceId}/${documentId}/1`],
    ]);
  });
});

describe("a document on its way in a workspace that was deleted", () => {
  it("is taken by no worker until the workspace is restored", async () => {
    const { workspaceId } = await scene.found("ada");
    const { id } = await queuedText(scene, openLibrary(scene), workspaceId, "Text");
    const end = (deletedAt: string | null) =>
      scene.inWorkspace(workspaceId, ({ tx }) => tx.update(workspace).set({ deletedAt }).where(eq(workspace.id, workspaceId)));
    await end("2026-01-01T00:00:00.000Z");
    expect(await scene.inWorkspace(workspaceId, (ws) => claimDocument(ws, id))).toBeNull();
    await end(null);
    expect(await scene.inWorkspace(workspaceId, (ws) => claimDocument(ws, id))).toMatchObject({ id });
  });
});
