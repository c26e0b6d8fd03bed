import { hashedVector } from "@axon/ai/local/embed";
import type { Embedder } from "@axon/ai/provider";
import { chunk, chunkNextVector, knowledgeIndex } from "@axon/db/schema/knowledge";
import { findReembeds } from "@axon/db/sweep";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { deleteDocument, reembedWorkspace, search } from "./index.ts";
import { countingEmbedder, dyingAt, ingest, type Library, openLibrary, queuedText } from "./library.fixture.ts";

type Counting = ReturnType<typeof countingEmbedder>;

let scene: Scene;
let workspaceId: string;
let old: Library;
let next: Counting;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  old = openLibrary(scene);
  next = embedder("counting:2");
  const { id } = await queuedText(
    scene,
    old,
    workspaceId,
    ["kettles", "pans", "lids", "spoons", "forks"].map((word) => `A line of ${word}.`).join("\n"),
  );
  await ingest(old, workspaceId, id);
});

function embedder(id: string, before?: Parameters<typeof countingEmbedder>[0]): Counting {
  // Texts lie elsewhere for each embedder, as with real ones.
  const made = countingEmbedder(before);
  return Object.assign(made, {
    id,
    embed: async (texts: readonly string[], options: Parameters<Embedder["embed"]>[1]) => {
      await before?.(texts);
      options.signal?.throwIfAborted();
      if (options.kind === "document") made.texts.push(...texts);
      return texts.map((text) => hashedVector(`${id} ${text}`));
    },
  });
}

const run = { signal: new AbortController().signal };
const change = (to: Embedder = next, workMs?: number) =>
  reembedWorkspace({ inWorkspace: scene.inWorkspace, embedder: to }, { workspaceId }, run, workMs);
const index = async () => (await scene.inWorkspace(workspaceId, ({ tx }) => tx.select().from(knowledgeIndex)))[0];
const embedders = async () =>
  (
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.select({ embedder: chunk.embedder }).from(chunk).where(eq(chunk.searchable, true)))
  ).map((row) => row.embedder);
const waiting = () => scene.inWorkspace(workspaceId, ({ tx }) => tx.select({ id: chunkNextVector.chunkId }).from(chunkNextVector));
const expireLease = () =>
  scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.update(knowledgeIndex).set({ leaseUntil: null }).where(eq(knowledgeIndex.workspaceId, workspaceId)),
  );
const find = (library: Pick<Library, "embedder" | "embedderOf">) =>
  search({ inWorkspace: scene.inWorkspace, ...library }, workspaceId, { query: "spoons", limit: 3 }, run.signal);

describe("changing over to another embedder", () => {
  it("gives every passage its new vector, once, and then lets it count for all of them", async () => {
    expect(await index()).toMatchObject({ embedder: "counting:1", nextEmbedder: null });
    expect(await findReembeds(scene.database, "counting:1")).not.toContain(workspaceId);
    expect(await findReembeds(scene.database, "counting:2")).toContain(workspaceId);
    const seen: (string | null | undefined)[] = [];
    const watched = embedder("counting:2", async () => {
      seen.push((await index())?.embedder);
      // All this time the questions are compared with the old vectors.
      const { items } = await find({ embedder: watched, embedderOf: (id) => (id === "counting:1" ? old.embedder : null) });
      expect(items[0]?.text).toContain("spoons");
      expect(items[0]?.scores.vector).toBeGreaterThan(0.1);
    });
    seen.length = 0;
    const asked = watched.texts;
    await change(watched);
    expect(new Set(seen)).toEqual(new Set(["counting:1"]));
    expect(asked).toHaveLength(5);
    expect(await embedders()).toEqual(Array(5).fill("counting:2"));
    expect(await waiting()).toEqual([]);
    expect(await index()).toMatchObject({ embedder: "counting:2", nextEmbedder: null, leaseUntil: null });
    await change(watched);
    expect(asked).toHaveLength(5);
    expect(await findReembeds(scene.database, "counting:2")).not.toContain(workspaceId);
  });

  it("goes on where it was after a death at any moment, and pays for no kept vector twice", async () => {
    const calm = dyingAt(scene.inWorkspace, Number.POSITIVE_INFINITY, "after");
    await reembedWorkspace({ inWorkspace: calm.inWorkspace, embedder: embedder("counting:0") }, { workspaceId }, run);
    for (let at = 1; at <= calm.count(); at++) {
      const to = embedder(`counting:at${at}`);
      const dying = dyingAt(scene.inWorkspace, at, at % 2 ? "before" : "after");
      await reembedWorkspace({ inWorkspace: dying.inWorkspace, embedder: to }, { workspaceId }, run).catch(() => {});
      await expireLease();
      await change(to);
      expect(await embedders(), String(at)).toEqual(Array(5).fill(to.id));
      expect(to.texts.length, String(at)).toBeLessThanOrEqual(5 + to.batchMax);
      expect(await waiting(), String(at)).toEqual([]);
    }
  });

  it("reaches documents that are published meanwhile, whichever embedder they came with", async () => {
    let once = true;
    const busy = embedder("counting:2", async () => {
      if (!once) return;
      once = false;
      const { id } = await queuedText(scene, old, workspaceId, "A late line of ladles.");
      await ingest({ ...old, embedder: busy, embedderOf: () => old.embedder }, workspaceId, id);
    });
    await change(busy);
    expect(await embedders()).toEqual(Array(6).fill("counting:2"));
    // One that was embedded before the change and published after it: the workspace says that something is left to do.
    const { id } = await queuedText(scene, old, workspaceId, "A line of whisks, later still.");
    await ingest({ ...old, embedderOf: () => null }, workspaceId, id);
    expect(await findReembeds(scene.database, "counting:2")).toContain(workspaceId);
    await change(busy);
    expect(await embedders()).toEqual(Array(7).fill("counting:2"));
    expect(await index()).toMatchObject({ embedder: "counting:2", nextEmbedder: null });
  });

  it("can be given up in the middle, and turned to a third", async () => {
    const half = embedder("counting:2", () => {
      if (half.texts.length > 1) throw new Error("away");
    });
    await expect(change(half)).rejects.toThrow("away");
    expect((await waiting()).length).toBeGreaterThan(0);
    // Back to the one in force: nothing to embed.
    await change(old.embedder);
    expect(old.embedder.texts).toHaveLength(5);
    expect(await index()).toMatchObject({ embedder: "counting:1", nextEmbedder: null });
    expect(await waiting()).toEqual([]);
    await expect(change(embedder("counting:2", () => Promise.reject(new Error("away"))))).rejects.toThrow("away");
    await change(embedder("counting:3"));
    expect(await embedders()).toEqual(Array(5).fill("counting:3"));
  });

  it("works in turns, by one worker at a time, and not at all on what was deleted", async () => {
    await Promise.all([change(next, 0), change(next, 0), change(next, 0)]);
    expect(next.texts.length).toBeLessThanOrEqual(next.batchMax);
    const [{ id } = { id: "" }] = await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.select({ id: chunk.documentId }).from(chunk).limit(1),
    );
    await scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, id));
    expect(await waiting()).toEqual([]);
    await change();
    expect(next.texts.length).toBeLessThanOrEqual(next.batchMax);
    expect(await index()).toMatchObject({ embedder: "counting:2" });
  });
});
