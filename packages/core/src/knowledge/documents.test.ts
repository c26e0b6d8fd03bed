import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  addText,
  completeUpload,
  createSource,
  createUpload,
  deleteDocument,
  deleteSource,
  getDocument,
  listChunks,
  listDocuments,
  listSources,
  purgeFiles,
  search,
} from "./index.ts";
import { ingest, type Library, newSource, openLibrary, outboxOf, queuedText } from "./library.fixture.ts";

let scene: Scene;
let workspaceId: string;
let sourceId: string;
let library: Library;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  workspaceId = (await scene.found("owner")).workspaceId;
  sourceId = await newSource(scene, workspaceId);
  library = openLibrary(scene);
});

const text = (change: Partial<Parameters<typeof addText>[2]> = {}) =>
  addText(library, workspaceId, { sourceId, name: "Notes", text: "Kettles whistle.", mime: "text/plain", ...change });
const upload = (change: Partial<Parameters<typeof createUpload>[2]> = {}) =>
  createUpload(library, workspaceId, { sourceId, name: "notes.txt", mime: "text/plain", bytes: 4, ...change });
const put = (documentId: string, body: string) => library.files.kept.set(`${workspaceId}/${documentId}/1`, new TextEncoder().encode(body));
const documents = (change: Partial<Parameters<typeof listDocuments>[1]> = {}) =>
  scene.inWorkspace(workspaceId, (ws) => listDocuments(ws, { limit: 100, ...change }));
const ingestJobs = async () => (await outboxOf(scene, workspaceId)).filter((job) => job.name === "knowledge.ingest");

describe("a text", () => {
  it("is kept as a file and queued once", async () => {
    const document = await text();
    expect(document).toMatchObject({ sourceId, name: "Notes", mime: "text/plain", bytes: 16, status: "queued", error: null });
    expect([...library.files.kept.keys()]).toEqual([`${workspaceId}/${document.id}/1`]);
    expect((await ingestJobs()).map((job) => job.payload)).toEqual([{ workspaceId, documentId: document.id }]);
  });

  it("sent again under the same key is the first one, and leaves no second file", async () => {
    const [first, second] = [await text({ idempotencyKey: "k" }), await text({ idempotencyKey: "k" })];
    expect(second).toEqual(first);
    const both = await Promise.all([text({ idempotencyKey: "p" }), text({ idempotencyKey: "p" }), text({ idempotencyKey: "p" })]);
    expect(new Set(both.map((document) => document.id)).size).toBe(1);
    expect(library.files.kept.size).toBe(2);
    expect(await ingestJobs()).toHaveLength(2);
    await expect(text({ idempotencyKey: "k", text: "Something else." })).rejects.toMatchObject({ reason: "conflict" });
    expect(library.files.kept.size).toBe(2);
  });

  it.each([
    ["missing", async () => newId()],
    ["another workspace's", async () => newSource(scene, (await scene.found("other")).workspaceId)],
  ])("for a source that is %s is refused and leaves no file", async (_whose, make) => {
    await expect(text({ sourceId: await make() })).rejects.toMatchObject({ reason: "not_found", message: "No such source" });
    expect(library.files.kept.size).toBe(0);
  });

  it("for a source that vanishes while its file is written leaves no file", async () => {
    const write = library.files.write;
    library.files.write = async (...file) => {
      await write(...file);
      await scene.inWorkspace(workspaceId, (ws) => deleteSource(ws, sourceId));
    };
    await expect(text()).rejects.toMatchObject({ reason: "not_found" });
    expect(library.files.kept.size).toBe(0);
  });

  it("keeps its file when only the answer to the commit was lost", async () => {
    let calls = 0;
    const flaky: Library = {
      ...library,
      inWorkspace: async (id, verb) => {
        const given = await scene.inWorkspace(id, verb);
        calls += 1;
        if (calls === 2) throw new Error("the connection broke");
        return given;
      },
    };
    await expect(addText(flaky, workspaceId, { sourceId, name: "Notes", text: "x", mime: "text/plain" })).rejects.toThrow("broke");
    const [made] = (await documents()).items;
    expect([...library.files.kept.keys()]).toEqual([`${workspaceId}/${made?.id}/1`]);
  });
});

describe("an upload", () => {
  it("is queued when its bytes are there, once, however often that is said", async () => {
    const { documentId, url, method } = await upload();
    expect({ url, method }).toEqual({ url: `https://files.test/${workspaceId}/${documentId}/1`, method: "PUT" });
    expect((await documents()).items).toMatchObject([{ id: documentId, status: "uploading" }]);
    put(documentId, "four");
    const said = await Promise.all([1, 2, 3].map(() => completeUpload(library, workspaceId, documentId)));
    expect(said.map((document) => document.status)).toEqual(["queued", "queued", "queued"]);
    expect(await ingestJobs()).toHaveLength(1);
  });

  it("whose bytes are not there, or not as many as announced, is refused and can still be mended", async () => {
    const { documentId } = await upload();
    await expect(completeUpload(library, workspaceId, documentId)).rejects.toMatchObject({ reason: "upload_missing" });
    put(documentId, "five!");
    await expect(completeUpload(library, workspaceId, documentId)).rejects.toMatchObject({
      reason: "upload_mismatch",
      details: { announced: 4, uploaded: 5 },
    });
    expect(await ingestJobs()).toEqual([]);
    put(documentId, "four");
    expect((await completeUpload(library, workspaceId, documentId)).status).toBe("queued");
  });

  it("under the same key is the same document", async () => {
    const [first, second] = [await upload({ idempotencyKey: "u" }), await upload({ idempotencyKey: "u" })];
    expect(second).toEqual(first);
    expect((await documents()).items).toHaveLength(1);
    await expect(upload({ idempotencyKey: "u", bytes: 5 })).rejects.toMatchObject({ reason: "conflict" });
  });

  it.each([
    ["application/octet-stream", "prices.CSV", "text/csv"],
    ["Text/HTML; charset=utf-8", "page", "text/html"],
    ["", "guide.md", "text/markdown"],
  ])("declared as %j and named %s is read as %s", async (mime, name, read) => {
    await upload({ mime, name });
    expect((await documents()).items).toMatchObject([{ name, mime: read }]);
  });

  it("of a kind that nobody reads is refused before anything is made", async () => {
    await expect(upload({ mime: "image/png", name: "photo.png" })).rejects.toMatchObject({
      reason: "unsupported_type",
      details: { fields: { mime: expect.any(String) } },
    });
    await expect(upload({ mime: "application/octet-stream", name: "constructor" })).rejects.toMatchObject({ reason: "unsupported_type" });
    expect((await documents()).items).toEqual([]);
  });
});

describe("reading", () => {
  it("pages documents and chunks in order, each once", async () => {
    const made: string[] = [];
    for (let number = 0; number < 5; number++) made.push((await text({ name: `Note ${number}` })).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await documents({ limit: 2, cursor });
      seen.push(...page.items.map((document) => document.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(made);

    const lines = Array.from({ length: 7 }, (_, line) => `Line ${line}.`);
    const { id } = await text({ text: lines.join("\n") });
    await ingest(library, workspaceId, id);
    const chunks: number[] = [];
    let after: string | undefined;
    do {
      const page = await scene.inWorkspace(workspaceId, (ws) => listChunks(ws, { documentId: id, limit: 3, cursor: after }));
      chunks.push(...page.items.map((chunk) => chunk.ordinal));
      after = page.nextCursor ?? undefined;
    } while (after !== undefined);
    expect(chunks).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect((await documents({ status: "ready" })).items.map((document) => document.id)).toEqual([id]);
    expect((await documents({ sourceId: newId() })).items).toEqual([]);
  });

  it.each([
    "x",
    Buffer.from('["x"]').toString("base64url"),
    Buffer.from("[1e300]").toString("base64url"),
    Buffer.from("[99999999999]").toString("base64url"),
    Buffer.from("[-1]").toString("base64url"),
  ])("refuses the made-up cursor %s in the caller's terms or gives an empty page, but never breaks", async (cursor) => {
    const { id } = await text();
    await ingest(library, workspaceId, id);
    const asked = await scene
      .inWorkspace(workspaceId, (ws) => listChunks(ws, { documentId: id, limit: 3, cursor }))
      .catch((error: unknown) => error);
    if (asked instanceof Error) expect(asked).toMatchObject({ reason: "validation" });
    await expect(documents({ cursor })).rejects.toMatchObject({ reason: "validation" });
  });

  it("counts a source's documents and pages sources", async () => {
    await text();
    await text();
    await newSource(scene, workspaceId);
    const first = await scene.inWorkspace(workspaceId, (ws) => listSources(ws, { limit: 1 }));
    expect(first.items).toMatchObject([{ id: sourceId, documentCount: 2 }]);
    const rest = await scene.inWorkspace(workspaceId, (ws) => listSources(ws, { limit: 1, cursor: first.nextCursor ?? undefined }));
    expect(rest).toMatchObject({ items: [{ documentCount: 0 }], nextCursor: null });
  });

  it("makes one source for one key", async () => {
    const make = (name: string) => scene.inWorkspace(workspaceId, (ws) => createSource(ws, { kind: "file", name, idempotencyKey: "s" }));
    const made = await Promise.all([make("Shelf"), make("Shelf"), make("Shelf")]);
    expect(new Set(made.map((source) => source.id)).size).toBe(1);
    await expect(make("Another")).rejects.toMatchObject({ reason: "conflict" });
  });
});

describe("deleting", () => {
  const runPurges = async () => {
    for (const job of await outboxOf(scene, workspaceId)) {
      if (job.name === "knowledge.purge") await purgeFiles(library, { workspaceId, storageKeys: job.payload["storageKeys"] as string[] }); // safe: as the catalogue has it
    }
  };

  it("takes a document out of the next search, and its file by a job", async () => {
    const { id } = await text();
    await ingest(library, workspaceId, id);
    await scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, id));
    expect(await search(library, workspaceId, { query: "kettles", limit: 8 }, new AbortController().signal)).toMatchObject({
      items: [],
      dropped: [],
    });
    await expect(scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, id))).rejects.toMatchObject({ reason: "not_found" });
    expect(library.files.kept.size).toBe(1);
    await runPurges();
    expect(library.files.kept.size).toBe(0);
  });

  it("a source takes all its documents and their files, and nothing of another source", async () => {
    await text();
    await text();
    const kept = await queuedText(scene, library, workspaceId, "Stays.");
    await scene.inWorkspace(workspaceId, (ws) => deleteSource(ws, sourceId));
    await runPurges();
    expect([...library.files.kept.keys()]).toEqual([`${workspaceId}/${kept.id}/1`]);
    expect((await documents()).items.map((document) => document.id)).toEqual([kept.id]);
  });

  it("files never reaches into another workspace, whatever a job says", async () => {
    const other = (await scene.found("other")).workspaceId;
    for (const key of [`${other}/a/1`, `${workspaceId}/a/1`, `${workspaceId}x/a/1`]) library.files.kept.set(key, new Uint8Array());
    await purgeFiles(library, {
      workspaceId,
      storageKeys: [`${other}/a/1`, `${workspaceId}/a/1`, `${workspaceId}x/a/1`, `../${other}/a/1`],
    });
    expect([...library.files.kept.keys()]).toEqual([`${other}/a/1`, `${workspaceId}x/a/1`]);
  });
});

describe("another workspace", () => {
  it("sees, finds and changes nothing, and is told the same as for what does not exist", async () => {
    const document = await text();
    await ingest(library, workspaceId, document.id);
    const waiting = await upload();
    put(waiting.documentId, "four");
    const { workspaceId: other } = await scene.found("other");
    const attempts = (id: string, source: string) => [
      scene.inWorkspace(other, (ws) => getDocument(ws, id)),
      scene.inWorkspace(other, (ws) => deleteDocument(ws, id)),
      scene.inWorkspace(other, (ws) => listChunks(ws, { documentId: id, limit: 5 })),
      scene.inWorkspace(other, (ws) => deleteSource(ws, source)),
      completeUpload(library, other, id),
      createUpload(library, other, { sourceId: source, name: "x.txt", mime: "text/plain", bytes: 1 }),
      search(library, other, { query: "kettles", sourceIds: [source], limit: 5 }, new AbortController().signal),
    ];
    const told = async (id: string, source: string) =>
      (await Promise.allSettled(attempts(id, source))).map((one) => (one.status === "rejected" ? String(one.reason) : "done"));
    const foreign = await told(waiting.documentId, sourceId);
    expect(foreign).toEqual(await told(newId(), newId()));
    expect(foreign).not.toContain("done");
    await ingest(library, other, document.id);
    expect((await scene.inWorkspace(other, (ws) => listDocuments(ws, { limit: 5 }))).items).toEqual([]);
    expect((await scene.inWorkspace(other, (ws) => listSources(ws, { limit: 5 }))).items).toEqual([]);
    expect((await search(library, other, { query: "kettles", limit: 5 }, new AbortController().signal)).items).toEqual([]);
    expect((await documents()).items.map((one) => one.status)).toEqual(["ready", "uploading"]);
  });
});
