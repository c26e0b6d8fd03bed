/** Big workspaces: searched through indexes, and nobody notices but by the time it takes. */
import { connect, type Database, openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { chunk, document, knowledgeIndex, lexemeFrequency } from "@axon/db/schema/knowledge";
import { withWorkspace } from "@axon/db/transaction";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createInWorkspace, type InWorkspace } from "../../context.ts";
import { exactStatement } from "./exact.ts";
import { indexWorkspace, planIndexing } from "./index-workspace.ts";
import { indexedStatement } from "./indexed.ts";
import type { RetrieveInput } from "./input.ts";
import { askFor, inputOf, type Stored, type StoredText, storeTexts } from "./shelf.fixture.ts";
import { openIndex } from "./state.ts";

let test: TestDatabase;
let database: Database;
let inWorkspace: InWorkspace;
let big: Stored;
/** Of others, in the same tables: one that is big as well, and small ones. */
let otherBig: Stored;

const from = 16;
const upkeep = (workspaceId: string, limit = from) =>
  indexWorkspace({ inWorkspace, from: limit }, { workspaceId }, { signal: new AbortController().signal });
const ask = (question: string, change: Partial<RetrieveInput> = {}, workspaceId = big.workspaceId) =>
  askFor(database, workspaceId, question, change);
const state = (workspaceId: string) => withWorkspace(database, workspaceId, (tx) => tx.select().from(knowledgeIndex));
const indexed = (workspaceId: string) =>
  withWorkspace(database, workspaceId, (tx) => tx.$count(chunk, and(eq(chunk.indexed, true), eq(chunk.searchable, true))));

const things = ["kettle", "lantern", "anchor", "compass", "ladder", "hammock", "bucket", "whistle", "mirror", "candle"];
const places = ["harbour", "attic", "cellar", "garden", "library", "kitchen", "tower", "stable", "bridge", "market", "chapel", "mill"];
const colours = ["red", "green", "copper", "black"];

/** `count` different texts; every tenth is internal, every twentieth has a label. */
function texts(count: number, from = 0): StoredText[] {
  return Array.from({ length: count }, (_, position) => {
    const at = position + from;
    const [thing, place, colour] = [things[at % 10], places[Math.floor(at / 10) % 12], colours[Math.floor(at / 120) % 4]];
    return {
      text: `The ${colour} ${thing} of the house hangs in the ${place} beside hook ${at}.`,
      audience: at % 10 === 3 ? "internal" : "public",
      labels: at % 20 === 7 ? ["rare"] : [],
    };
  });
}

beforeAll(async () => {
  test = await openTestDatabase();
  database = connect(test, { poolMax: 2 });
  inWorkspace = createInWorkspace(database, () => {});
  big = await storeTexts(database, [texts(40), texts(16, 40)]);
  otherBig = await storeTexts(database, [texts(20, 300)]);
  await Promise.all([0, 1, 2, 3].map((room) => storeTexts(database, [texts(8, 20 * room)])));
  await upkeep(big.workspaceId);
  await upkeep(otherBig.workspaceId);
}, 120_000);
afterAll(async () => {
  await database?.close();
  await test?.close();
});

const questions = [
  "Where does the copper lantern hang?",
  "What is in the cellar?",
  "red anchor at the mill",
  "Which hook is the candle on?",
  "house",
  "nothing of the sort",
];

describe("a workspace that has grown big", () => {
  it("has its chunks in the indexes and its words counted, and a small one has not", async () => {
    expect(await state(big.workspaceId)).toMatchObject([{ big: true, chunks: 56 }]);
    expect(await indexed(big.workspaceId)).toBe(56);
    const frequent = await withWorkspace(database, big.workspaceId, (tx) => tx.select().from(lexemeFrequency));
    expect(frequent.find(({ lexeme }) => lexeme === "hous")?.chunks).toBe(56);
    const small = await storeTexts(database, [texts(8)]);
    await upkeep(small.workspaceId);
    expect(await state(small.workspaceId)).toEqual([]);
    expect(await indexed(small.workspaceId)).toBe(0);
  });

  it("is told by its index what an exact search tells, with the same scores", async () => {
    let right = 0;
    for (const question of questions) {
      const [found, exact] = [await ask(question), await ask(question, { unpublished: true })];
      expect([found.how.path, exact.how.path]).toEqual(["indexed", "exact"]);
      expect(found.hits).toHaveLength(10);
      // Hits that score the same may come in for one another.
      const scores = new Map(exact.hits.map(({ scores: { fused } }, at) => [at, fused]));
      right += found.hits.filter(({ scores: { fused } }, at) => Math.abs(fused - (scores.get(at) ?? 0)) < 1e-6).length;
    }
    expect(right / (10 * questions.length)).toBeGreaterThanOrEqual(0.95);
  });

  it("gives as many as are asked for when there are so many, whatever it is narrowed to", async () => {
    for (const [filter, count] of [
      [{ audience: "all" as const, labels: ["rare"] }, 3],
      [{ audience: "public" as const }, 30],
    ] as const) {
      for (const question of questions) {
        const { hits } = await ask(question, { filter, limit: count });
        expect(hits).toHaveLength(count);
        for (const { audience, labels } of hits) {
          if (filter.audience === "public") expect(audience).toBe("public");
          if ("labels" in filter) expect(labels).toEqual(["rare"]);
        }
      }
    }
    const [, second] = big.sourceIds;
    const { hits, how } = await ask("red kettle", { sourceIds: [second ?? ""], limit: 16 });
    expect(how.path).toBe("exact"); // A source of few chunks is quicker one by one.
    expect(new Set(hits.map(({ sourceId }) => sourceId))).toEqual(new Set([second]));
    expect(hits).toHaveLength(16);
  });

  it("finds at once what is not in the indexes yet, by words and by meaning", async () => {
    const { documentIds } = await storeTexts(database, [["A purple gramophone stands on the veranda."]], { workspaceId: big.workspaceId });
    const { hits, how } = await ask("Where is the gramophone?");
    expect(how.path).toBe("indexed");
    expect(hits[0]).toMatchObject({ documentId: documentIds[0], matched: ["gramophon"], ranks: { vector: 1, text: 1 } });
    expect((await ask("gramophone", { lexemes: [] })).hits[0]).toMatchObject({ documentId: documentIds[0], ranks: { vector: 1 } });
    await withWorkspace(database, big.workspaceId, (tx) => tx.delete(document).where(eq(document.id, documentIds[0] ?? "")));
  });

  it("finds nothing of a deleted document on the very next question", async () => {
    const { documentIds } = await storeTexts(database, [["An ivory metronome ticks in the parlour."]], { workspaceId: big.workspaceId });
    await upkeep(big.workspaceId);
    expect((await ask("ivory metronome")).hits[0]?.documentId).toBe(documentIds[0]);
    await withWorkspace(database, big.workspaceId, (tx) => tx.delete(document).where(eq(document.id, documentIds[0] ?? "")));
    const { hits } = await ask("ivory metronome");
    expect(hits.filter(({ text }) => text.includes("metronome"))).toEqual([]);
  });

  it("never shows what is another's, though both are in one index", async () => {
    const theirs = new Set((await ask("red anchor", { limit: 20 }, otherBig.workspaceId)).hits.map(({ chunkId }) => chunkId));
    expect(theirs.size).toBe(20);
    const { hits } = await ask("red anchor", { limit: 50 });
    expect(hits).toHaveLength(50);
    expect(hits.filter(({ chunkId }) => theirs.has(chunkId))).toEqual([]);
    expect((await ask("red anchor", { sourceIds: otherBig.sourceIds })).hits).toEqual([]);
  });

  it("is brought up to date only when it is big or has become so, and once for many changes", async () => {
    const queued = (workspaceId: string, verbs: number) =>
      inWorkspace(workspaceId, async (ws) => {
        const keys: string[] = [];
        const watching = { ...ws, enqueue: (_name: string, _payload: object, { key }: { key: string }) => void keys.push(key) };
        for (let verb = 0; verb < verbs; verb++) await planIndexing(watching);
        return new Set(keys).size;
      });
    expect(await queued(big.workspaceId, 3)).toBeLessThanOrEqual(2); // Two, when a minute ends between them.
    expect(await queued(big.workspaceId, 1)).toBe(1);
    expect(await queued(newId(), 3)).toBe(0);
  });

  it("becomes small again when most of it is gone, and twice is once", async () => {
    const shrinking = await storeTexts(database, [texts(17), texts(7, 17)]);
    await upkeep(shrinking.workspaceId);
    expect(await state(shrinking.workspaceId)).toMatchObject([{ big: true }]);
    await withWorkspace(database, shrinking.workspaceId, (tx) =>
      tx.delete(document).where(eq(document.id, shrinking.documentIds[0] ?? "")),
    );
    // Before anybody looked after it: what is left is found all the same.
    expect((await ask("lantern", { limit: 7 }, shrinking.workspaceId)).hits).toHaveLength(7);
    for (let time = 0; time < 2; time++) {
      await upkeep(shrinking.workspaceId);
      expect(await state(shrinking.workspaceId)).toMatchObject([{ big: false }]);
      expect(await indexed(shrinking.workspaceId)).toBe(0);
      expect(await withWorkspace(database, shrinking.workspaceId, (tx) => tx.$count(lexemeFrequency))).toBe(0);
    }
    const { hits, how } = await ask("lantern", { limit: 7 }, shrinking.workspaceId);
    expect([hits.length, how.path]).toEqual([7, "exact"]);
  });
});

describe("the statements, as the application's role", () => {
  const plan = async (statementOf: (input: RetrieveInput) => Promise<ReturnType<typeof sql>> | ReturnType<typeof sql>) =>
    withWorkspace(database, big.workspaceId, async (tx) => {
      await openIndex({ workspaceId: big.workspaceId, tx }, []);
      const rows = await tx.execute<{ "QUERY PLAN": string }>(
        sql`explain ${await statementOf(inputOf("Where does the copper lantern hang?"))}`,
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });

  it("go through the vector index and the word index in a big workspace, and read no table from end to end", async () => {
    const [row] = await state(big.workspaceId);
    const known = {
      embedder: null,
      textShare: null,
      big: true,
      chunks: row?.chunks ?? 0,
      meanLength: row?.meanLength ?? 1,
      frequencies: {},
    };
    const text = await plan((query) =>
      indexedStatement(big.workspaceId, { query, state: known, words: "'copper' | 'lantern'", textShare: 0.4, limit: 20 }),
    );
    expect(text).toMatch(/Index Scan using chunk_near on chunk/);
    expect(text).toMatch(/Bitmap Index Scan on chunk_by_word\s[^\n]*\n\s*Index Cond: \(lexemes @@/);
    expect(text).not.toMatch(/Seq Scan on (chunk|document)/);
  });

  it("go through the workspace's own rows in a small one", async () => {
    const text = await plan((query) => exactStatement(big.workspaceId, query, 0.4, 20));
    expect(text).toMatch(/chunk_searched|chunk_workspace_id/);
    expect(text).not.toMatch(/Seq Scan on (chunk|document)/);
    expect(text).not.toMatch(/chunk_near|chunk_by_word/);
  });
});

describe("the words of big workspaces", () => {
  it("are seen by nobody who has not said which workspace they work in, and then only that one's", async () => {
    const [none] = await database.app`select count(*)::int as count from chunk_words where lexemes @@ 'hous'::tsquery`;
    expect(none).toEqual({ count: 0 });
    const seen = await withWorkspace(database, otherBig.workspaceId, (tx) =>
      tx.execute<{ workspace_id: string; count: number }>(
        sql`select workspace_id, count(*)::int as count from chunk_words group by workspace_id`,
      ),
    );
    expect([...seen]).toEqual([{ workspace_id: otherBig.workspaceId, count: 20 }]);
  });

  it("are all that the role which reads them may read", async () => {
    const owner = openPool(test, null, 1);
    try {
      for (const column of ["text", "title", "embedding"]) {
        const [row] = await owner`select has_column_privilege('axon_search', 'chunk', ${column}, 'select') as may`;
        expect({ column, ...row }).toEqual({ column, may: false });
      }
      const tables = await owner`select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        and has_any_column_privilege('axon_search', c.oid, 'select, insert, update') order by 1`;
      // Messages have a table for their words alone.
      expect(tables.map(({ name }) => name)).toEqual(["chunk", "message_words"]);
      const [role] =
        await owner`select rolcanlogin as login, rolbypassrls as bypasses, rolsuper as super from pg_roles where rolname = 'axon_search'`;
      expect(role).toEqual({ login: false, bypasses: false, super: false });
      await expect(database.app`select lexemes from chunk_words limit 1 for update`).rejects.toThrow();
    } finally {
      await owner.end();
    }
  });
});
