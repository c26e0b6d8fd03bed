import type { Block } from "@axon/contracts/blocks";
import { event } from "@axon/db/schema/engine";
import { document, documentContent } from "@axon/db/schema/knowledge";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { deleteDocument, listChunks, search } from "./index.ts";
import { ingestAttemptsMax } from "./ingest-document.ts";
import {
  chunksOf,
  countingEmbedder,
  documentOf,
  dyingAt,
  expireLease,
  ingest,
  type Library,
  openLibrary,
  parseLines,
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

const fiveLines = (word: string) => Array.from({ length: 5 }, (_, line) => `Line ${line} is about ${word}.`).join("\n");
const queued = async (text: string) => (await queuedText(scene, library, workspaceId, text)).id;
const stateOf = (documentId: string) => documentOf(scene, workspaceId, documentId);
const find = (query: string) => search(library, workspaceId, { query, limit: 8 }, new AbortController().signal);

/** A promise to be kept later, by whoever has it. */
function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("a document on its way", () => {
  it("goes through every state once, in order, and then can be searched", async () => {
    const documentId = await queued(fiveLines("kettles"));
    await ingest(library, workspaceId, documentId);
    expect(await stateOf(documentId)).toMatchObject({ status: "ready", chunkCount: 5, progress: { done: 5, total: 5 }, error: null });
    const told = await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.select({ body: event.body }).from(event).where(eq(event.type, "document.progress")).orderBy(asc(event.workspaceSeq)),
    );
    expect(told.map(({ body }) => `${body["status"]} ${body["done"]}/${body["total"]}`)).toEqual([
      "queued 0/0",
      "parsing 0/0",
      "chunking 0/0",
      "embedding 0/5",
      "embedding 2/5",
      "embedding 4/5",
      "embedding 5/5",
      "ready 5/5",
    ]);
    expect((await find("kettles")).items).toHaveLength(5);
    // What was read is kept only while it is needed.
    expect(await scene.inWorkspace(workspaceId, ({ tx }) => tx.select().from(documentContent))).toEqual([]);
  });

  it("cannot be searched or paged before all of it is ready", async () => {
    const seen: number[] = [];
    let documentId = "";
    const watched = openLibrary(scene, {
      files: library.files,
      embedder: countingEmbedder(async () => {
        seen.push(
          (await find("secret")).items.length,
          (await scene.inWorkspace(workspaceId, (ws) => listChunks(ws, { documentId, limit: 50 }))).items.length,
        );
      }),
    });
    documentId = await queued(fiveLines("the secret"));
    await ingest(watched, workspaceId, documentId);
    expect(seen).toEqual([0, 0, 0, 0, 0, 0]);
    expect((await find("secret")).items.length).toBeGreaterThan(0);
  });

  it("costs no embedding for text that the workspace has embedded before, and does for another workspace", async () => {
    const text = fiveLines("returns");
    await ingest(library, workspaceId, await queued(text));
    expect(library.embedder.texts).toHaveLength(5);
    const again = await queued(`${text}\nAnd one line is new.`);
    await ingest(library, workspaceId, again);
    expect(library.embedder.texts).toHaveLength(6);
    expect(await stateOf(again)).toMatchObject({ status: "ready", chunkCount: 6 });
    const other = await scene.found("other");
    const theirs = await queuedText(scene, library, other.workspaceId, text);
    await ingest(library, other.workspaceId, theirs.id);
    expect(library.embedder.texts).toHaveLength(11);
  });

  it("embeds a text that stands in it twice only once", async () => {
    const section: Block[] = [
      { kind: "heading", level: 1, text: "Terms" },
      { kind: "paragraph", text: "The same terms again." },
    ];
    const parse: Library["parse"] = async () => ({ title: null, blocks: [...section, ...section, ...section] });
    const repeating = openLibrary(scene, { files: library.files, parse });
    const documentId = await queued("x");
    await ingest(repeating, workspaceId, documentId);
    expect(repeating.embedder.texts).toHaveLength(1);
    expect(await stateOf(documentId)).toMatchObject({ status: "ready", chunkCount: 3 });
  });
});

describe("a worker that dies", () => {
  it("loses one step at most, wherever it dies: the next ends it, with no chunk twice and no kept text embedded twice", async () => {
    const calm = dyingAt(scene.inWorkspace, Number.POSITIVE_INFINITY, "after");
    await ingest({ ...library, ...calm }, workspaceId, await queued(fiveLines("the calm")));
    expect(calm.count()).toBeGreaterThan(8);
    // Every third here, in this process; at each of them dies a process of its own in `kill.test.ts`.
    for (let at = 1; at <= calm.count(); at += 3) {
      for (const when of ["before", "after"] as const) {
        const word = `death ${when} ${at}`;
        const documentId = await queued(fiveLines(word));
        const embedded = library.embedder.texts.length;
        await expect(ingest({ ...library, ...dyingAt(scene.inWorkspace, at, when) }, workspaceId, documentId)).rejects.toThrow(
          /the worker/,
        );
        await expireLease(scene, workspaceId, documentId);
        await ingest(library, workspaceId, documentId);
        expect(await stateOf(documentId), word).toMatchObject({
          status: "ready",
          chunkCount: 5,
          progress: { done: 5, total: 5 },
          error: null,
        });
        const chunks = await chunksOf(scene, workspaceId, documentId);
        expect(
          chunks.map((one) => one.ordinal),
          word,
        ).toEqual([0, 1, 2, 3, 4]);
        expect(chunks.every((one) => one.embedder === library.embedder.id)).toBe(true);
        const texts = library.embedder.texts.slice(embedded);
        // A batch whose vectors were never stored has to be embedded again; nothing else has.
        const lost = texts.length - new Set(texts).size;
        expect(lost, word).toBeLessThanOrEqual(when === "before" ? library.embedder.batchMax : 0);
        expect(new Set(texts).size, word).toBe(5);
      }
    }
  }, 400_000);

  it("is followed by another only when its lease has run out", async () => {
    const documentId = await queued(fiveLines("leases"));
    await expect(ingest({ ...library, ...dyingAt(scene.inWorkspace, 3, "after") }, workspaceId, documentId)).rejects.toThrow("dead");
    await ingest(library, workspaceId, documentId);
    expect((await stateOf(documentId)).status).toBe("chunking");
    await expireLease(scene, workspaceId, documentId);
    await ingest(library, workspaceId, documentId);
    expect((await stateOf(documentId)).status).toBe("ready");
  });

  it("is not followed for ever: a document that outlived too many is given up", async () => {
    const documentId = await queued(fiveLines("poison"));
    await scene.inWorkspace(workspaceId, async ({ tx }) => {
      await tx.update(document).set({ attempts: ingestAttemptsMax }).where(eq(document.id, documentId));
    });
    await ingest(library, workspaceId, documentId);
    expect(await stateOf(documentId)).toMatchObject({ status: "failed", error: { code: "internal" } });
    expect(library.embedder.texts).toEqual([]);
  });
});

describe("two workers at once", () => {
  it("do the work of one", async () => {
    const documentId = await queued(fiveLines("twins"));
    let parsed = 0;
    const counting: Library = {
      ...library,
      parse: (file, options) => {
        parsed += 1;
        return parseLines(file, options);
      },
    };
    await Promise.all([1, 2, 3].map(() => ingest(counting, workspaceId, documentId)));
    expect(parsed).toBe(1);
    expect(library.embedder.texts).toHaveLength(5);
    expect(await stateOf(documentId)).toMatchObject({ status: "ready", chunkCount: 5 });
  });

  it.each(["parsing", "embedding"] as const)("a worker that lost its lease while %s writes nothing", async (stage) => {
    const documentId = await queued(fiveLines("the first"));
    const [stalls, goesOn] = [gate(), gate()];
    const stall = async () => {
      stalls.open();
      await goesOn.opened;
    };
    const slow = openLibrary(scene, {
      files: library.files,
      ...(stage === "embedding"
        ? { embedder: countingEmbedder(stall) }
        : {
            parse: async () => {
              await stall();
              return { title: "Late", blocks: [{ kind: "paragraph" as const, text: "What the late worker read." }] };
            },
          }),
    });
    const late = ingest(slow, workspaceId, documentId);
    await stalls.opened;
    await expireLease(scene, workspaceId, documentId);
    await ingest(library, workspaceId, documentId);
    const [before, chunksBefore] = [await stateOf(documentId), await chunksOf(scene, workspaceId, documentId)];
    expect(before).toMatchObject({ status: "ready", chunkCount: 5 });
    goesOn.open();
    await late;
    expect(await stateOf(documentId)).toEqual(before);
    expect(await chunksOf(scene, workspaceId, documentId)).toEqual(chunksBefore);
  });
});

describe("a document that is deleted in mid-ingestion", () => {
  it.each(["parsing", "embedding"] as const)("while %s leaves nothing behind and troubles nobody", async (stage) => {
    const documentId = await queued(fiveLines("the deleted"));
    const drop = () => scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, documentId));
    let dropped = false;
    const once = async () => {
      if (!dropped) await drop();
      dropped = true;
    };
    const disturbed = openLibrary(scene, {
      files: library.files,
      ...(stage === "embedding"
        ? { embedder: countingEmbedder(once) }
        : {
            parse: async (file, options) => {
              await once();
              return parseLines(file, options);
            },
          }),
    });
    await ingest(disturbed, workspaceId, documentId);
    expect(dropped).toBe(true);
    await expect(stateOf(documentId)).rejects.toMatchObject({ reason: "not_found" });
    expect(await chunksOf(scene, workspaceId, documentId)).toEqual([]);
    expect((await find("deleted")).items).toEqual([]);
  });

  it("is not an error either when its file went first and this was the last try", async () => {
    const documentId = await queued(fiveLines("the deleted"));
    const read = library.files.read;
    library.files.read = async (key, bytesMax) => {
      await scene.inWorkspace(workspaceId, (ws) => deleteDocument(ws, documentId));
      library.files.kept.clear();
      return read(key, bytesMax);
    };
    await expect(ingest(library, workspaceId, documentId, { lastAttempt: true })).resolves.toBeUndefined();
  });
});
