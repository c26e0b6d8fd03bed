import { chunk, document, documentContent } from "@axon/db/schema/knowledge";
import { and, asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  completeUpload,
  createUpload,
  deleteDocument,
  listChunks,
  reprocessDocument,
  search,
  tidyChunks,
  updateDocument,
  updateText,
} from "./index.ts";
import {
  countingEmbedder,
  documentOf,
  dyingAt,
  expireLease,
  ingest,
  type Library,
  openLibrary,
  outboxOf,
  queuedText,
} from "./library.fixture.ts";

let scene: Scene;
let workspaceId: string;
let library: Library;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  library = openLibrary(scene);
});

const linesOf = (words: readonly string[]) => words.map((word) => `A line that speaks of ${word} and nothing else.`).join("\n");
const ready = async (text: string, name?: string) => {
  const { id } = await queuedText(scene, library, workspaceId, text, name);
  await ingest(library, workspaceId, id);
  return id;
};
const change = (documentId: string, text: string) => updateText(library, workspaceId, { documentId, text });
const stateOf = (documentId: string) => documentOf(scene, workspaceId, documentId);
const find = async (query: string) => (await search(library, workspaceId, { query, limit: 8 }, new AbortController().signal)).items;
const rowsOf = (documentId: string) =>
  scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.select().from(chunk).where(eq(chunk.documentId, documentId)).orderBy(asc(chunk.ordinal), asc(chunk.publishedAt)),
  );
const live = async (documentId: string) => (await rowsOf(documentId)).filter((row) => row.searchable);
/** Where a row lies: another place says that it was written. */
const places = (documentId: string) =>
  scene.inWorkspace(workspaceId, async ({ tx }) => {
    const rows = await tx
      .select({ id: chunk.id, place: sql<string>`ctid::text` })
      .from(chunk)
      .where(and(eq(chunk.documentId, documentId), chunk.searchable));
    return new Map(rows.map(({ id, place }) => [id, place]));
  });

describe("a document that is read again", () => {
  it("keeps the rows of what has not changed, embeds what is new, and retires what is gone", async () => {
    const id = await ready(linesOf(["kettles", "pans", "lids", "spoons"]));
    const [before, placesBefore] = [await live(id), await places(id)];
    const said = await change(id, linesOf(["kettles", "woks", "lids", "spoons"]));
    expect(said).toMatchObject({ status: "queued", version: 2 });
    // All of the old, and nothing of the new, until it is published.
    expect((await find("pans"))[0]?.text).toContain("pans");
    await ingest(library, workspaceId, id);
    const after = await live(id);
    expect(after.map(({ text }) => /of (\w+)/.exec(text)?.[1])).toEqual(["kettles", "woks", "lids", "spoons"]);
    expect(after.map((row, place) => row.id === before[place]?.id)).toEqual([true, false, true, true]);
    expect(library.embedder.texts).toHaveLength(5);
    const placesAfter = await places(id);
    expect(after.filter((row) => placesBefore.has(row.id)).every((row) => placesAfter.get(row.id) === placesBefore.get(row.id))).toBe(true);
    const retired = (await rowsOf(id)).filter((row) => !row.searchable);
    expect(retired).toMatchObject([{ id: before[1]?.id, retiredAt: expect.any(String), publishedAt: before[1]?.publishedAt }]);
    expect(after.every((row) => row.retiredAt === null && row.publishedAt !== null)).toBe(true);
    expect((await find("pans")).some(({ text }) => text.includes("pans"))).toBe(false);
    expect(await stateOf(id)).toMatchObject({ status: "ready", chunkCount: 4, version: 2 });
    // What was taken back is a chunk anew, and its vector is paid for.
    await change(id, linesOf(["kettles", "pans", "lids", "spoons"]));
    await ingest(library, workspaceId, id);
    expect(library.embedder.texts).toHaveLength(5);
    expect((await live(id))[1]?.id).not.toBe(before[1]?.id);
  });

  it("gives the others their new places when something comes before them", async () => {
    const id = await ready(linesOf(["one", "two"]));
    const before = await live(id);
    library.parse = async ({ bytes }) => ({
      title: null,
      blocks: new TextDecoder()
        .decode(bytes)
        .split("\n")
        .flatMap((line) => [
          { kind: "heading" as const, level: 1, text: `About ${line.length}` },
          { kind: "paragraph" as const, text: line },
        ]),
    });
    await scene.inWorkspace(workspaceId, (ws) => reprocessDocument(ws, id));
    await ingest(library, workspaceId, id);
    await change(id, `${linesOf(["zero"])}\n${linesOf(["one", "two"])}`);
    await ingest(library, workspaceId, id);
    const { items } = await scene.inWorkspace(workspaceId, (ws) => listChunks(ws, { documentId: id, limit: 10 }));
    expect(items.map(({ ordinal, text }) => [ordinal, /of (\w+)/.exec(text)?.[1]])).toEqual([
      [0, "zero"],
      [1, "one"],
      [2, "two"],
    ]);
    expect(before).toHaveLength(2);
  });

  it("is not read at all when its bytes are the same, and costs nothing", async () => {
    const text = linesOf(["clocks"]);
    const id = await ready(text);
    await change(id, text);
    await ingest({ ...library, parse: () => Promise.reject(new Error("it was read")) }, workspaceId, id);
    expect(await stateOf(id)).toMatchObject({ status: "ready", version: 2, chunkCount: 1, progress: { done: 1, total: 1 } });
    expect(library.embedder.texts).toHaveLength(1);
    expect((await find("clocks"))[0]?.documentId).toBe(id);
    // Asked for by name it is read, and costs nothing all the same.
    await scene.inWorkspace(workspaceId, (ws) => reprocessDocument(ws, id));
    await ingest(library, workspaceId, id);
    expect(library.embedder.texts).toHaveLength(1);
    expect(await live(id)).toHaveLength(1);
  });

  it("is read when its bytes are those of a version that failed", async () => {
    const id = await ready(linesOf(["the first"]));
    const second = linesOf(["the second"]);
    await change(id, second);
    const broken = openLibrary(scene, { files: library.files, embedder: countingEmbedder(() => Promise.reject(new Error("away"))) });
    await ingest(broken, workspaceId, id, { lastAttempt: true });
    expect(await stateOf(id)).toMatchObject({ status: "failed", failedStep: "embedding", version: 2 });
    expect((await find("the first"))[0]?.text).toContain("the first");
    await change(id, second);
    await ingest(library, workspaceId, id);
    expect((await live(id)).map(({ text }) => text)).toEqual([second]);
  });

  it("that another version overtakes loses its turn and leaves nothing", async () => {
    const id = await ready(linesOf(["autumn"]));
    await change(id, linesOf(["winter"]));
    await expect(ingest({ ...library, ...dyingAt(scene.inWorkspace, 6, "after") }, workspaceId, id)).rejects.toThrow("the worker");
    await change(id, linesOf(["spring"]));
    await ingest(library, workspaceId, id);
    expect((await live(id)).map(({ text }) => text)).toEqual([linesOf(["spring"])]);
    expect((await rowsOf(id)).filter((row) => !row.searchable && row.retiredAt === null)).toEqual([]);
    expect(await scene.inWorkspace(workspaceId, ({ tx }) => tx.select().from(documentContent))).toEqual([]);
  });

  it("is all old or all new to readers, wherever a worker dies", async () => {
    const id = await ready(linesOf(["red", "green", "blue"]));
    const calm = dyingAt(scene.inWorkspace, Number.POSITIVE_INFINITY, "after");
    await change(id, linesOf(["red", "yellow", "black"]));
    await ingest({ ...library, ...calm }, workspaceId, id);
    let shown = ["red", "yellow", "black"];
    for (let at = 1; at <= calm.count(); at++) {
      const next = ["red", `tone${at}`, shown[2] ?? ""];
      await change(id, linesOf(next));
      await expect(ingest({ ...library, ...dyingAt(scene.inWorkspace, at, "before") }, workspaceId, id)).rejects.toThrow("the worker");
      expect(
        (await live(id)).map(({ text }) => /of (\w+)/.exec(text)?.[1]),
        String(at),
      ).toEqual(shown);
      await expireLease(scene, workspaceId, id);
      await ingest(library, workspaceId, id);
      shown = next;
      expect(
        (await live(id)).map(({ text }) => /of (\w+)/.exec(text)?.[1]),
        String(at),
      ).toEqual(shown);
    }
  });
});

describe("what was retired", () => {
  it("goes after thirty days, and at once with its document", async () => {
    const id = await ready(linesOf(["bread", "butter"]));
    await change(id, linesOf(["bread", "jam"]));
    await ingest(library, workspaceId, id);
    expect(await scene.inWorkspace(workspaceId, tidyChunks)).toBe(0);
    await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx
        .update(chunk)
        .set({ retiredAt: sql`now() - interval '31 days'` })
        .where(and(eq(chunk.documentId, id), sql`not searchable`)),
    );
    const other = (await scene.found("other")).workspaceId;
    expect(await scene.inWorkspace(other, tidyChunks)).toBe(0);
    expect(await scene.inWorkspace(workspaceId, tidyChunks)).toBe(1);
    expect(await rowsOf(id)).toHaveLength(2);
    await change(id, linesOf(["bread", "honey"]));
    await ingest(library, workspaceId, id);
    await scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, id));
    expect(await rowsOf(id)).toEqual([]);
  });
});

describe("another file in a document's place", () => {
  const replace = async (documentId: string, body: string, bytes = body.length) => {
    const { sourceId } = await stateOf(documentId);
    const input = { sourceId, name: "second.txt", mime: "text/plain", bytes, replaces: documentId };
    const place = await createUpload(library, workspaceId, input);
    library.files.kept.set(new URL(place.url).pathname.slice(1), new TextEncoder().encode(body));
    return place;
  };

  it("is read once it is there, under the same id; until then, and until it is read, the old one is searched", async () => {
    const id = await ready(linesOf(["lamps"]), "first.txt");
    const place = await replace(id, linesOf(["torches"]));
    expect(place.documentId).toBe(id);
    expect(await stateOf(id)).toMatchObject({ status: "ready", name: "first.txt", version: 1 });
    const done = await Promise.all([1, 2, 3].map(() => completeUpload(library, workspaceId, id)));
    expect(done.map(({ status, version }) => [status, version])).toEqual([
      ["queued", 2],
      ["queued", 2],
      ["queued", 2],
    ]);
    expect((await find("lamps"))[0]?.text).toContain("lamps");
    await ingest(library, workspaceId, id);
    expect(await stateOf(id)).toMatchObject({ status: "ready", name: "second.txt", version: 2 });
    expect((await live(id)).map(({ text }) => text)).toEqual([linesOf(["torches"])]);
    const purged = (await outboxOf(scene, workspaceId))
      .filter(({ name }) => name === "knowledge.purge")
      .flatMap(({ payload }) => payload["storageKeys"]);
    expect(purged).toContain(`${workspaceId}/${id}/1`);
  });

  it("that is not as announced changes nothing, and goes with the document", async () => {
    const id = await ready(linesOf(["lamps"]));
    const place = await replace(id, "short", 10);
    await expect(completeUpload(library, workspaceId, id)).rejects.toMatchObject({ reason: "upload_mismatch" });
    expect(await stateOf(id)).toMatchObject({ status: "ready", version: 1 });
    await scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, id));
    const purged = (await outboxOf(scene, workspaceId))
      .filter(({ name }) => name === "knowledge.purge")
      .flatMap(({ payload }) => payload["storageKeys"]);
    expect(purged).toContain(new URL(place.url).pathname.slice(1));
  });
});

describe("what a document is called and for whom it is", () => {
  it("is so for its passages in the same moment, without reading or embedding", async () => {
    const id = await ready(linesOf(["secrets"]), "Old name");
    const input = { documentId: id, name: "New name", audience: "internal" as const, locale: "de", labels: ["a", "b"] };
    expect(await scene.inWorkspace(workspaceId, (ws) => updateDocument(ws, input))).toMatchObject({
      ...{ name: "New name", audience: "internal", locale: "de", labels: ["a", "b"] },
      status: "ready",
    });
    expect(await live(id)).toMatchObject([{ title: "New name", audience: "internal", locale: "de", labels: ["a", "b"] }]);
    const before = await places(id);
    await scene.inWorkspace(workspaceId, (ws) => updateDocument(ws, { documentId: id, labels: ["a", "b"] }));
    expect(await places(id)).toEqual(before);
    expect(library.embedder.texts).toHaveLength(1);
  });

  it("is nobody else's to change, nor to have read again", async () => {
    const id = await ready(linesOf(["ours"]));
    const other = (await scene.found("other")).workspaceId;
    const refused = { reason: "not_found" };
    await expect(scene.inWorkspace(other, (ws) => updateDocument(ws, { documentId: id, name: "Theirs" }))).rejects.toMatchObject(refused);
    await expect(scene.inWorkspace(other, (ws) => reprocessDocument(ws, id))).rejects.toMatchObject(refused);
    await expect(updateText(library, other, { documentId: id, text: "Theirs" })).rejects.toMatchObject(refused);
    expect(await stateOf(id)).toMatchObject({ name: "Notes", version: 1, status: "ready" });
    expect(library.files.kept.size).toBe(1);
  });

  it("has no text of its own to change when it is a file of another kind", async () => {
    const id = await ready(linesOf(["pages"]));
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(document).set({ mime: "application/pdf" }).where(eq(document.id, id)));
    await expect(change(id, "x")).rejects.toMatchObject({ reason: "unsupported_type" });
    expect(library.files.kept.size).toBe(1);
  });
});
