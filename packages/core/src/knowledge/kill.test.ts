import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chunk } from "@axon/db/schema/knowledge";
import { stallsAtOnce } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openScene, type Scene } from "../scene.fixture.ts";
import { ingestDocument } from "./index.ts";
import { documentOf, expireLease, openLibrary, queuedText } from "./library.fixture.ts";
import { type Order, victimDeps } from "./victim.fixture.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const loader = pathToFileURL(createRequire(join(root, "package.json")).resolve("tsx")).href;
const victim = fileURLToPath(new URL("./victim.fixture.ts", import.meta.url));
const testMs = 600_000;
/** Processes at once: a start is mostly waiting for a processor. */
const atOnceMax = 4;
/** Three passages in two batches. */
const textOf = (word: string) => Array.from({ length: 3 }, (_, line) => `Line ${line} of ${word}.`).join("\n");

let scene: Scene;
let fake: FakeOpenAi;

beforeAll(async () => {
  [scene, fake] = await Promise.all([openScene(), createFakeOpenAi()]);
});
afterAll(async () => {
  await scene.close();
  await fake.close();
});

async function newOrder(word: string, dieAt: number): Promise<Order> {
  const { workspaceId } = await scene.found("owner");
  const { id: documentId } = await queuedText(scene, openLibrary(scene), workspaceId, textOf(word));
  const { url, socketPath } = scene.testDatabase;
  const database = socketPath === undefined ? { url } : { url, socketPath };
  return { database, workspaceId, documentId, text: textOf(word), openai: { apiKey: fake.apiKey, baseUrl: fake.baseUrl }, dieAt };
}

/** Runs a worker in a process; gives its moments, or null when it was killed. */
function runVictim(order: Order): { kill(): void; ended: Promise<string[] | null> } {
  const child = spawn(
    process.execPath,
    [...(inject("built") ? [] : ["--conditions=source"]), "--import", loader, victim, JSON.stringify(order)],
    { cwd: root },
  );
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (errors += text));
  const ended = new Promise<string[] | null>((resolve, reject) => {
    child.once("close", (code, signal) => {
      process.off("exit", orphaned);
      if (signal === "SIGKILL") resolve(null);
      else if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(errors));
    });
  });
  return { kill: () => child.kill("SIGKILL"), ended };
}

/** How often each text was sent to be embedded, of those that hold `word`. */
function paidFor(word: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { endpoint, body } of fake.requests) {
    const input = body?.["input"];
    if (endpoint !== "embeddings" || !Array.isArray(input)) continue;
    for (const text of input) if (String(text).includes(` ${word}.`)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

/** Another worker comes once the lease of the dead one has run out, and ends what it began. */
async function finish(order: Order): Promise<void> {
  await expireLease(scene, order.workspaceId, order.documentId);
  const { deps, close } = victimDeps(order, () => {});
  await ingestDocument(deps, order, { signal: new AbortController().signal, lastAttempt: false });
  await close();
}

async function expectWhole({ workspaceId, documentId }: Order, at: string): Promise<void> {
  expect(await documentOf(scene, workspaceId, documentId), at).toMatchObject({ status: "ready", chunkCount: 3, error: null });
  const rows = await scene.inWorkspace(workspaceId, ({ tx }) => tx.select().from(chunk).where(eq(chunk.documentId, documentId)));
  expect(rows.map(({ ordinal }) => ordinal).sort(), at).toEqual([0, 1, 2]);
  expect(new Set(rows.map(({ hash, occurrence }) => `${hash} ${occurrence}`)).size, at).toBe(3);
  expect(
    rows.every(({ searchable, embedding }) => searchable && embedding !== null),
    at,
  ).toBe(true);
}

describe("a worker that is killed", () => {
  it(
    "at any moment of reading a document is followed by one that ends it: no chunk twice, no kept vector paid for twice",
    async () => {
      const calm = await newOrder("calm", 0);
      const moments = (await runVictim(calm).ended) ?? [];
      await expectWhole(calm, "calm");
      // Every commit, and every answer from outside, that reading takes: a step that is added is killed at, too.
      expect(new Set(moments.map((moment) => moment.replace(/\d+/, "n")))).toEqual(
        new Set(["commit n", "file read", "parsed", "vectors received", "all done"]),
      );
      const left = moments.map((moment, index) => ({ moment, dieAt: index + 1 }));
      const killOne = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const word = `death${next.dieAt}`;
          const order = await newOrder(word, next.dieAt);
          expect(await runVictim(order).ended, next.moment).toBeNull();
          await finish(order);
          await expectWhole(order, next.moment);
          const paid = [...paidFor(word).values()];
          expect(paid, next.moment).toHaveLength(3);
          // What was answered and not yet kept when it died is paid for and lost: one batch, and only in that moment.
          const lost = paid.reduce((sum, times) => sum + times - 1, 0);
          const unkept = next.moment === "vectors received" || moments[next.dieAt - 2] === "vectors received";
          expect(lost, next.moment).toBeLessThanOrEqual(unkept ? 2 : 0);
        }
      };
      await Promise.all(Array.from({ length: atOnceMax }, killOne));
      expect(left).toEqual([]);
    },
    testMs,
  );

  it(
    "while its question is with the vendor asks it once more, and nothing else",
    async () => {
      const order = await newOrder("midair", 0);
      fake.scriptEmbeddings([stallsAtOnce()]);
      const running = runVictim(order);
      while (paidFor("midair").size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      running.kill();
      expect(await running.ended).toBeNull();
      await finish(order);
      await expectWhole(order, "midair");
      expect([...paidFor("midair").values()].sort()).toEqual([1, 2, 2]);
    },
    testMs,
  );
});
