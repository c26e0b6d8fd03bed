import { createHash } from "node:crypto";
import { analyze, indexLexemes, queryLexemes } from "@axon/ai/lexical/analyze";
import { hashedVector } from "@axon/ai/local/embed";
import { connect, type Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { chunk, document, knowledgeSource } from "@axon/db/schema/knowledge";
import { workspace } from "@axon/db/schema/workspaces";
import { withWorkspace } from "@axon/db/transaction";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RetrieveInput, retrieve } from "./retrieve.ts";

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await openTestDatabase();
  database = connect(test, { poolMax: 2 });
});
afterAll(async () => {
  await database?.close();
  await test?.close();
});

const embedder = "test:1";
interface Stored {
  workspaceId: string;
  sourceIds: string[];
  documentIds: string[];
}

/** A workspace with one source and document for each list of texts. */
async function store(documents: string[][], options: { published?: number | null; title?: string } = {}): Promise<Stored> {
  const { published = 1, title = "" } = options;
  const stored: Stored = { workspaceId: newId(), sourceIds: [], documentIds: [] };
  const { workspaceId } = stored;
  await withWorkspace(database, workspaceId, async (tx) => {
    await tx.insert(workspace).values({ id: workspaceId, name: "x", slug: workspaceId });
    for (const texts of documents) {
      const [sourceId, documentId] = [newId(), newId()];
      stored.sourceIds.push(sourceId);
      stored.documentIds.push(documentId);
      await tx.insert(knowledgeSource).values({ workspaceId, id: sourceId, kind: "text", name: "x" });
      await tx.insert(document).values({
        ...{ workspaceId, id: documentId, sourceId, name: "x", mime: "text/plain", bytes: 1, storageKey: "", status: "ready" },
        ...{ version: 1, publishedVersion: published },
      });
      for (const [ordinal, text] of texts.entries()) {
        const { tsvector, length } = indexLexemes(title, [], text);
        await tx.insert(chunk).values({
          ...{ workspaceId, id: newId(), documentId, sourceId, version: 1, ordinal, title, headingPath: [], text },
          searchable: published === 1,
          ...{
            hash: createHash("sha256").update(text).digest("hex"),
            lexemes: tsvector,
            length,
            embedding: [...hashedVector(text)],
            embedder,
          },
        });
      }
    }
  });
  return stored;
}

function ask(workspaceId: string, question: string, change: Partial<RetrieveInput> = {}) {
  const query = { vector: hashedVector(question), lexemes: queryLexemes(question), limit: 10, sourceIds: [], embedder, ...change };
  return withWorkspace(database, workspaceId, (tx) => retrieve({ workspaceId, tx }, query));
}

const texts = [
  "Returns are accepted within thirty days. A return is free. Return it in the shop, or return it by post.",
  "Parcels leave the same day when you order before noon, and a parcel can be followed on our site.",
  "Gift cards never expire, they can be used in the shop and on the site.",
  "The shop opens at nine. It's closed on Sundays \\ holidays.",
];

/** BM25 as the books have it, over the same lexemes. */
function bm25(question: string): Map<string, number> {
  const bags = texts.map((text) => analyze(text).map(({ lexeme }) => lexeme));
  const average = bags.reduce((sum, bag) => sum + bag.length, 0) / bags.length;
  return new Map(
    texts.map((text, index) => {
      const bag = bags[index] ?? [];
      let score = 0;
      for (const { lexeme, weight } of queryLexemes(question)) {
        const frequency = bags.filter((one) => one.includes(lexeme)).length;
        const times = bag.filter((one) => one === lexeme).length;
        const rarity = Math.log(1 + (bags.length - frequency + 0.5) / (frequency + 0.5));
        score += (weight * rarity * times * 2.2) / (times + 1.2 * (0.25 + (0.75 * bag.length) / average));
      }
      return [text, score];
    }),
  );
}

describe("finding passages", () => {
  it("scores them by BM25 and cosine, exactly", async () => {
    const { workspaceId } = await store([texts.slice(0, 2), texts.slice(2)]);
    const question = "How can I return a parcel in the shop?";
    const { hits, corpus } = await ask(workspaceId, question);
    expect(hits.map(({ text }) => text)).toContain(texts[0]);
    expect(hits[0]?.text).toBe(texts[0]);
    const expected = bm25(question);
    const asked = hashedVector(question);
    for (const hit of hits) {
      expect(hit.scores.text).toBeCloseTo(expected.get(hit.text) ?? -1, 5);
      const cosine = hashedVector(hit.text).reduce((sum, value, index) => sum + value * (asked[index] ?? 0), 0);
      expect(hit.scores.vector).toBeCloseTo(cosine, 2);
      expect(hit.scores.fused).toBeGreaterThanOrEqual(0);
      expect(hit.scores.fused).toBeLessThanOrEqual(1);
    }
    expect(hits.map(({ scores }) => scores.fused)).toEqual(hits.map(({ scores }) => scores.fused).sort((a, b) => b - a));
    expect(corpus).toEqual({ chunks: 4, documentFrequency: { return: 1, parcel: 1, shop: 3 } });
    expect(hits[0]?.matched.toSorted()).toEqual(["return", "shop"]);
  });

  it("finds by title what the text does not say", async () => {
    const { workspaceId } = await store([["It takes two days."]], { title: "Delivery times" });
    const { hits } = await ask(workspaceId, "delivery");
    expect(hits[0]).toMatchObject({ title: "Delivery times", matched: ["deliveri"] });
  });

  it("never shows another workspace's passages, nor counts them", async () => {
    const [mine, other] = [await store([["Our secret recipe is butter."]]), await store([["Parcels are brown."]])];
    const { hits, corpus } = await ask(other.workspaceId, "secret recipe butter");
    expect(hits.every(({ text }) => text === "Parcels are brown.")).toBe(true);
    expect(corpus.chunks).toBe(1);
    // Even with the other's sources named.
    expect((await ask(other.workspaceId, "secret recipe", { sourceIds: mine.sourceIds })).hits).toEqual([]);
  });

  it("looks only in the sources it is given", async () => {
    const { workspaceId, sourceIds } = await store([["Red apples."], ["Red pears."]]);
    const { hits, corpus } = await ask(workspaceId, "red", { sourceIds: sourceIds.slice(1) });
    expect(hits.map(({ text }) => text)).toEqual(["Red pears."]);
    expect(corpus).toEqual({ chunks: 1, documentFrequency: { red: 1 } });
  });

  it("does not show a document before it is published, nor after it is deleted", async () => {
    expect((await ask((await store([["Not yet."]], { published: null })).workspaceId, "not yet")).hits).toEqual([]);
    expect((await ask((await store([["Old words."]], { published: 2 })).workspaceId, "old words")).hits).toEqual([]);
    const { workspaceId, documentIds } = await store([["Gone."]]);
    expect((await ask(workspaceId, "gone")).hits).toHaveLength(1);
    await withWorkspace(database, workspaceId, (tx) => tx.delete(document).where(eq(document.id, documentIds[0] ?? "")));
    expect((await ask(workspaceId, "gone")).hits).toEqual([]);
  });

  it("compares no vectors of different embedders, but still finds words", async () => {
    const { workspaceId } = await store([["Returns are free."]]);
    const { hits } = await ask(workspaceId, "return", { embedder: "another:1" });
    expect(hits[0]?.scores).toMatchObject({ vector: 0, text: expect.any(Number) });
    expect((await ask(workspaceId, "the of and", { embedder: "another:1" })).hits).toEqual([]);
  });

  it("survives any text a customer may send", async () => {
    const { workspaceId } = await store([texts]);
    for (const question of [
      "",
      "   ",
      "'; drop table chunk; --",
      "a & b | !c <-> (d)",
      "\\ ' \" : * \u0001",
      "👍🏽",
      "x".repeat(4000),
      "it's closed",
    ]) {
      expect(Array.isArray((await ask(workspaceId, question)).hits)).toBe(true);
    }
    expect((await ask(workspaceId, "return", { limit: 0 })).hits).toEqual([]);
    expect((await ask(workspaceId, "return shop", { limit: 1 })).hits).toHaveLength(1);
  });

  it("knows nothing in an empty workspace", async () => {
    expect(await ask(newId(), "return")).toEqual({ hits: [], corpus: { chunks: 0, documentFrequency: {} } });
  });
});
