import { analyze, queryLexemes } from "@axon/ai/lexical/analyze";
import { hashedVector } from "@axon/ai/local/embed";
import { connect, type Database } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { chunk, chunkNextVector, document } from "@axon/db/schema/knowledge";
import { withWorkspace } from "@axon/db/transaction";
import { openTestDatabase, type TestDatabase } from "@axon/testing/database";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RetrieveInput } from "./input.ts";
import { askFor, type StoredText, type StoreOptions, storeTexts } from "./shelf.fixture.ts";

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

const store = (documents: readonly (readonly (string | StoredText)[])[], options: StoreOptions = {}) =>
  storeTexts(database, documents, options);
const ask = (workspaceId: string, question: string, change: Partial<RetrieveInput> = {}) => askFor(database, workspaceId, question, change);

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
    expect(await ask(newId(), "return")).toMatchObject({ hits: [], corpus: { chunks: 0, documentFrequency: {} } });
  });

  it("asks again for the vectors of an embedder that is to come when they are the ones compared", async () => {
    const { workspaceId, documentIds } = await store([["Returns are free.", "Parcels are brown."]]);
    await withWorkspace(database, workspaceId, async (tx) => {
      const [row] = await tx.select({ id: chunk.id }).from(chunk).where(eq(chunk.ordinal, 1));
      await tx
        .insert(chunkNextVector)
        .values({ workspaceId, chunkId: row?.id ?? "", embedder: "next:1", embedding: [...hashedVector("Parcels are brown.")] });
    });
    const { hits } = await ask(workspaceId, "brown parcels", { embedder: "next:1" });
    expect(hits).toHaveLength(1);
    expect(hits[0]?.scores.vector).toBeGreaterThan(0.5);
    expect((await ask(workspaceId, "of the", { embedder: "next:1" })).hits.map(({ documentId }) => documentId)).toEqual(documentIds);
  });

  it("tells what each lexeme adds, so that the score can be worked out by hand", async () => {
    const { workspaceId } = await store([texts]);
    const { hits, how } = await ask(workspaceId, "return in the shop");
    for (const { scores, occurrences } of hits) {
      expect(occurrences.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(scores.text, 9);
      const fused = how.textShare * (scores.text / how.textScoreMax) + (1 - how.textShare) * Math.max(0, scores.vector);
      expect(scores.fused).toBeCloseTo(Math.min(1, fused), 9);
    }
    expect(hits[0]).toMatchObject({ ranks: { text: 1 }, matched: ["return", "shop"], occurrences: [{ times: 4 }, { times: 1 }] });
  });
});

describe("what may be found", () => {
  const prices = (audience: "public" | "internal", locale: string | null, labels: string[]): StoredText => ({
    text: `The price is ${labels.join(" and ") || "open"}, ${audience}, ${locale}.`,
    ...{ audience, locale, labels },
  });
  const shelf = [
    prices("public", null, []),
    prices("internal", "en", ["boats"]),
    prices("public", "pt-BR", ["boats"]),
    prices("public", "en-GB", ["cars"]),
  ];

  it.each([
    ["by customers", { audience: "public" as const }, [0, 2, 3]],
    ["in a language, and in none", { audience: "all" as const, locale: "en" }, [0, 1, 3]],
    ["in a region's language, and in that language anywhere", { audience: "all" as const, locale: "pt-BR" }, [0, 2]],
    ["with any of the labels", { audience: "all" as const, labels: ["cars", "trains"] }, [3]],
    ["by customers, with a label", { audience: "public" as const, labels: ["boats"] }, [2]],
    ["with everything asked for that there is not", { audience: "public" as const, locale: "ja", labels: ["boats"] }, []],
  ])("%s", async (_, filter, expected) => {
    const { workspaceId } = await store([shelf]);
    const { hits, corpus } = await ask(workspaceId, "price", { filter });
    expect(hits.map(({ ordinal }) => ordinal).toSorted()).toEqual(expected);
    expect(corpus.chunks).toBe(expected.length);
  });

  it("is what could be found then, when it is asked for a moment that has passed", async () => {
    const { workspaceId } = await store([
      [
        { text: "The price was ten.", publishedAt: "2026-01-01T00:00:00Z", retiredAt: "2026-02-01T00:00:00Z", searchable: false },
        { text: "The price is twelve.", publishedAt: "2026-02-01T00:00:00Z" },
        // What a version before this one left, and what nobody has published yet.
        { text: "The price of old.", retiredAt: "2026-01-10T00:00:00Z", searchable: false },
        { text: "The price to come.", searchable: false },
      ],
    ]);
    const at = async (asOf?: string) => (await ask(workspaceId, "price", asOf === undefined ? {} : { asOf })).hits.map(({ text }) => text);
    expect(await at()).toEqual(["The price is twelve."]);
    expect(await at("2026-01-15T00:00:00Z")).toEqual(["The price was ten."]);
    expect(await at("2026-02-01T00:00:00Z")).toEqual(["The price is twelve."]);
    expect(await at("2025-12-31T00:00:00Z")).toEqual(["The price of old."]);
  });

  it("is everything there is, as long as it is asked for, however many workspaces there are", async () => {
    const rooms = await Promise.all(
      Array.from({ length: 12 }, (_, room) => store([Array.from({ length: 12 }, (_, at) => `Room ${room} has shelf ${at} of oak.`)])),
    );
    for (const { workspaceId, sourceIds } of rooms.slice(0, 3)) {
      const { hits } = await ask(workspaceId, "a shelf of oak", { limit: 10, sourceIds });
      expect(hits).toHaveLength(10);
    }
  });
});
