import { AiError } from "@axon/ai/provider";
import { newId } from "@axon/db/ids";
import { document } from "@axon/db/schema/knowledge";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { listChunks, reprocessDocument, requeueDocument } from "./index.ts";
import {
  CodedError,
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

const fiveLines = (word: string) => Array.from({ length: 5 }, (_, line) => `Line ${line} is about ${word}.`).join("\n");
const queued = async (text: string) => (await queuedText(scene, library, workspaceId, text)).id;
const stateOf = (documentId: string) => documentOf(scene, workspaceId, documentId);

describe("failing", () => {
  const parserThat = (error: unknown) =>
    openLibrary(scene, {
      files: library.files,
      parse: async () => {
        throw error;
      },
    });

  it("for the file's own fault ends the document at once, in the parser's words", async () => {
    const documentId = await queued("x");
    await ingest(parserThat(new CodedError("DocumentError", "encrypted")), workspaceId, documentId);
    expect(await stateOf(documentId)).toMatchObject({
      status: "failed",
      chunkCount: 0,
      error: { code: "encrypted", message: "DocumentError encrypted" },
    });
    // The end is the end: the same job again changes nothing.
    await ingest(library, workspaceId, documentId);
    expect((await stateOf(documentId)).status).toBe("failed");
  });

  it.each([
    ["our own trouble", new Error("password=hunter2"), "internal"],
    ["a parser that broke", new CodedError("DocumentError", "internal"), "internal"],
  ])("for %s is tried again, and told without its details when that was the last try", async (_what, error, code) => {
    const documentId = await queued("x");
    await expect(ingest(parserThat(error), workspaceId, documentId)).rejects.toBe(error);
    expect(await stateOf(documentId)).toMatchObject({ status: "parsing", error: null });
    await ingest(parserThat(error), workspaceId, documentId, { lastAttempt: true });
    const ended = await stateOf(documentId);
    expect(ended).toMatchObject({ status: "failed", error: { code } });
    expect(JSON.stringify(ended)).not.toContain("hunter2");
  });

  it("because nothing can be embedded says so, shows no chunk, and goes on where it was when tried again, paying for nothing twice", async () => {
    const documentId = await queued(fiveLines("outages"));
    let calls = 0;
    const failing = openLibrary(scene, {
      files: library.files,
      embedder: countingEmbedder(() => {
        calls += 1;
        if (calls > 1) throw new AiError("unavailable", "the vendor is away");
      }),
    });
    await expect(ingest(failing, workspaceId, documentId)).rejects.toThrow("away");
    expect(await stateOf(documentId)).toMatchObject({ status: "embedding", progress: { done: 2, total: 5 } });
    await ingest(failing, workspaceId, documentId, { lastAttempt: true });
    expect(await stateOf(documentId)).toMatchObject({ status: "failed", error: { code: "embedding_failed" } });
    expect(failing.embedder.texts).toHaveLength(2);
    expect((await scene.inWorkspace(workspaceId, (ws) => listChunks(ws, { documentId, limit: 10 }))).items).toEqual([]);
    const again = await scene.inWorkspace(workspaceId, (ws) => reprocessDocument(ws, documentId));
    expect(again).toMatchObject({ status: "embedding", error: null, failedStep: null, attempts: 0 });
    await ingest({ ...library, parse: () => Promise.reject(new Error("read again")) }, workspaceId, documentId);
    expect(await stateOf(documentId)).toMatchObject({ status: "ready", chunkCount: 5 });
    expect(library.embedder.texts).toHaveLength(3);
  });

  it("because the file is not there says that, at once", async () => {
    const documentId = await queued("x");
    library.files.kept.clear();
    await ingest(library, workspaceId, documentId);
    expect(await stateOf(documentId)).toMatchObject({ status: "failed", error: { code: "upload_missing" } });
  });

  it("because there is no text in it says that instead of being ready with nothing", async () => {
    const documentId = await queued("x");
    await ingest(
      openLibrary(scene, { files: library.files, parse: async () => ({ title: null, blocks: [{ kind: "paragraph", text: "  " }] }) }),
      workspaceId,
      documentId,
    );
    expect(await stateOf(documentId)).toMatchObject({ status: "failed", error: { code: "no_text" } });
  });
});

describe("being told to stop", () => {
  const stopping = (reason: Error) => {
    const controller = new AbortController();
    const stopped = openLibrary(scene, {
      files: library.files,
      parse: async () => {
        controller.abort(reason);
        throw new CodedError("DocumentError", "timeout"); // A parser that is stopped calls it so.
      },
    });
    return { stopped, signal: controller.signal };
  };

  it("because the worker closes is no fault of the document, even at the last try", async () => {
    const documentId = await queued(fiveLines("restarts"));
    const { stopped, signal } = stopping(new CodedError("JobGivenBack", "job_given_back"));
    await expect(ingest(stopped, workspaceId, documentId, { signal, lastAttempt: true })).rejects.toThrow();
    expect(await stateOf(documentId)).toMatchObject({ status: "parsing", error: null });
    await ingest(library, workspaceId, documentId);
    expect((await stateOf(documentId)).status).toBe("ready");
  });

  it("because it takes too long is told as that at the last try", async () => {
    const documentId = await queued(fiveLines("slowness"));
    const once = stopping(new CodedError("JobTimedOut", "job_timed_out"));
    await expect(ingest(once.stopped, workspaceId, documentId, { signal: once.signal })).rejects.toThrow();
    const twice = stopping(new CodedError("JobTimedOut", "job_timed_out"));
    await ingest(twice.stopped, workspaceId, documentId, { signal: twice.signal, lastAttempt: true });
    expect(await stateOf(documentId)).toMatchObject({ status: "failed", error: { code: "timeout" } });
  });
});

describe("the sweeper", () => {
  const keysOf = async () => (await outboxOf(scene, workspaceId)).filter((job) => job.name === "knowledge.ingest").map((job) => job.key);
  const sweep = (documentId: string, nowMs: number) => scene.inWorkspace(workspaceId, (ws) => requeueDocument(ws, documentId, nowMs));

  it("queues one job for a document that waits long, however often it asks, and counts no try", async () => {
    const documentId = await queued("x");
    for (let round = 0; round < 30; round++) await sweep(documentId, round * 1000);
    expect(new Set(await keysOf()).size).toBe(2);
    await sweep(documentId, 3_600_000); // The job itself may have been given up: an hour later it is another.
    expect(new Set(await keysOf()).size).toBe(3);
    const [row] = await scene.inWorkspace(workspaceId, ({ tx }) => tx.select({ attempts: document.attempts }).from(document));
    expect(row?.attempts).toBe(0);
  });

  it("queues a new job for each worker that died, and none while one lives, nor when all is done", async () => {
    const documentId = await queued(fiveLines("sweeping"));
    for (let death = 1; death <= 3; death++) {
      await expect(ingest({ ...library, ...dyingAt(scene.inWorkspace, 2, "after") }, workspaceId, documentId)).rejects.toThrow("dead");
      await sweep(documentId, 0);
      expect(await keysOf()).toHaveLength(death);
      await expireLease(scene, workspaceId, documentId);
      await sweep(documentId, 0);
      expect(new Set(await keysOf()).size).toBe(death + 1);
    }
    await ingest(library, workspaceId, documentId);
    await sweep(documentId, 0);
    expect(await keysOf()).toHaveLength(4);
    await sweep(newId(), 0);
  });
});
