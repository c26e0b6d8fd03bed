/** Asking the knowledge what would be found, what would not, and why; and the weights of a workspace. */
import { analyze } from "@axon/ai/lexical/analyze";
import { hashedVector } from "@axon/ai/local/embed";
import type { Embedder } from "@axon/ai/provider";
import { agentSettings } from "@axon/contracts/agents";
import { type SearchOutput, searchInput } from "@axon/contracts/knowledge";
import { chunk, document, knowledgeIndex } from "@axon/db/schema/knowledge";
import { auditEntry } from "@axon/db/schema/workspaces";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgent } from "../../agents/index.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { search } from "./search.ts";
import { getKnowledgeSettings, updateKnowledgeSettings } from "./settings.ts";
import { embedder as embedderId, type Stored, type StoredText, storeTexts } from "./shelf.fixture.ts";
import { embedderInForce } from "./state.ts";

const asked: string[] = [];
const embedderWith = (id: string): Embedder => ({
  ...{ id, dimensions: 1536, batchMax: 10 },
  embed: async (texts) => {
    asked.push(...texts);
    return texts.map((text) => hashedVector(text));
  },
});
const current = embedderWith(embedderId);

let scene: Scene;
let workspaceId: string;
let shelf: Stored;
beforeAll(async () => {
  scene = await openScene();
  ({ workspaceId } = await scene.found("searcher"));
  shelf = await storeTexts(scene.database, [texts, ["Boats in the other source are for hire."]], { workspaceId });
});
afterAll(() => scene?.close());

const texts: StoredText[] = [
  { text: "Boats are hired by the hour; the price is ten euros." },
  { text: "Boats: our margin on the hire is four euros an hour.", audience: "internal" },
  { text: "Os barcos: boats hire, price in reais.", locale: "pt-BR" },
  { text: "Boats may not be hired in a storm.", labels: ["safety"], locale: "en" },
  { text: "The price of boats hire will rise.", searchable: false },
];
const find = (input: Record<string, unknown>, workspace = workspaceId, embedderOf: (id: string) => Embedder | null = () => null) =>
  search(
    { inWorkspace: scene.inWorkspace, embedder: current, embedderOf },
    workspace,
    searchInput.parse({ query: "boats hire price", ...input }),
    new AbortController().signal,
  );
const ordinals = async (found: SearchOutput) => {
  const rows = await scene.inWorkspace(workspaceId, ({ tx }) =>
    tx.select({ id: chunk.id, ordinal: chunk.ordinal, sourceId: chunk.sourceId }).from(chunk),
  );
  const nameOf = (id: string) =>
    rows.filter((row) => row.id === id).map((row) => (row.sourceId === shelf.sourceIds[0] ? row.ordinal : 9))[0];
  return {
    items: found.items.map(({ chunkId }) => nameOf(chunkId)).toSorted(),
    dropped: Object.fromEntries(found.dropped.map(({ chunkId, reason }) => [nameOf(chunkId), reason])),
  };
};

describe("a search", () => {
  it("shows every number, so that each score can be worked out by hand", async () => {
    const { items, explanation, approved } = await find({});
    expect(explanation).toMatchObject({ path: "exact", embedder: embedderId, chunks: 5, weights: { text: 0.44, vector: 0.56 } });
    expect(explanation.lexemes.map(({ lexeme }) => lexeme)).toEqual(analyze("boats hire price").map(({ lexeme }) => lexeme));
    for (const { score, scores, matched, ranks } of items) {
      expect(matched.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(scores.text, 9);
      const part = (explanation.weights.text * scores.text) / explanation.textScoreMax;
      expect(score).toBeCloseTo(Math.min(1, part + explanation.weights.vector * Math.max(0, scores.vector)), 9);
      expect(ranks.vector).toBeGreaterThan(0);
    }
    expect(items.map(({ ranks }) => ranks.text).filter((rank) => rank === 1)).toHaveLength(1);
    expect(approved).toBeNull();
  });

  it("by a member looks at all that is published, and says what is on its way", async () => {
    expect(await ordinals(await find({}))).toEqual({ items: [0, 1, 2, 3, 9], dropped: { 4: "not_searchable" } });
  });

  it.each([
    ["public texts", { audience: "public" }, [0, 2, 3, 9], { 1: "filtered_audience" }],
    ["a language", { locale: "en" }, [0, 1, 3, 9], { 2: "filtered_locale" }],
    ["a label", { labels: ["safety"] }, [3], { 0: "filtered_label", 1: "filtered_label", 2: "filtered_label", 9: "filtered_label" }],
    ["so many passages", { limit: 1 }, expect.any(Array), expect.objectContaining({ 9: "over_limit" })],
  ])("narrowed to %s says what that left out", async (_, input, items, dropped) => {
    const found = await ordinals(await find({ sourceIds: "labels" in input ? [] : undefined, ...input }));
    expect(found.items).toEqual(items);
    expect(found.dropped).toEqual("limit" in input ? dropped : { 4: "not_searchable", ...dropped });
  });

  it("as an agent finds what the agent would, which is nothing internal, of another source or below its floor", async () => {
    const settings = agentSettings.parse({ name: "Ada", retrieval: { sources: [shelf.sourceIds[0]], topK: 2, minScore: 0.05 } });
    const agent = await scene.inWorkspace(workspaceId, (ws) => createAgent(ws, settings, null, { confidenceThreshold: 0.5 }));
    const found = await ordinals(await find({ agentId: agent.id, audience: "all", sourceIds: [shelf.sourceIds[1]] }));
    expect(found.items).toHaveLength(2);
    expect(found.items).not.toContain(1);
    expect(found.dropped).toMatchObject({ 1: "filtered_audience", 9: "other_source", 4: "not_searchable" });
    expect(Object.values(found.dropped)).toContain("over_limit");
    const open = agentSettings.parse({ name: "Bob", retrieval: { internal: true } });
    const insider = await scene.inWorkspace(workspaceId, (ws) => createAgent(ws, open, null, { confidenceThreshold: 0.5 }));
    expect((await ordinals(await find({ agentId: insider.id }))).items).toContain(1);
  });

  it("heeds what the customer had said before", async () => {
    await find({ query: "And in a storm?", previous: "Can I hire a boat?" });
    expect(asked.at(-1)).toBe("And in a storm?\nCan I hire a boat?\nAnd in a storm?");
    const { explanation } = await find({ query: "And in a storm?", previous: "Can I hire a boat?" });
    expect(explanation.lexemes.map(({ lexeme, weight }) => [lexeme, weight])).toEqual([
      ["storm", 2],
      ["hire", 1],
      ["boat", 1],
    ]);
  });

  it("is invisible to another workspace, and refuses what is not there", async () => {
    const { workspaceId: other } = await scene.found("stranger");
    expect(await find({}, other)).toMatchObject({ items: [], dropped: [] });
    await expect(find({ sourceIds: [shelf.sourceIds[0]] }, other)).rejects.toMatchObject({ reason: "not_found" });
    await expect(find({ agentId: shelf.sourceIds[0] })).rejects.toMatchObject({ reason: "not_found" });
  });

  it("asks the embedder in force, and never compares vectors of two", async () => {
    const { workspaceId: moving } = await scene.found("moving");
    await storeTexts(scene.database, [["Boats are for hire."]], { workspaceId: moving, embedder: "old:1" });
    await scene.inWorkspace(moving, ({ tx }) => tx.insert(knowledgeIndex).values({ workspaceId: moving, embedder: "old:1" }));
    const old = embedderWith("old:1");
    const found = await find({}, moving, (id) => (id === "old:1" ? old : null));
    expect(found.explanation.embedder).toBe("old:1");
    expect(found.items[0]?.scores.vector).toBeGreaterThan(0.3);
    // This process cannot make the old one's vectors: words only.
    const blind = await find({}, moving);
    expect(blind.items[0]?.scores).toMatchObject({ vector: 0, text: expect.any(Number) });
    expect((await scene.inWorkspace(moving, (ws) => embedderInForce(ws, current, () => null))).id).toBe(embedderId);
  });
});

describe("the weights of a workspace", () => {
  const update = (textShare: number | null) => scene.inWorkspace(workspaceId, (ws) => updateKnowledgeSettings(ws, { textShare }));

  it("change the rank from the next search on, until the measured ones are brought back", async () => {
    expect(await scene.inWorkspace(workspaceId, getKnowledgeSettings)).toEqual({
      textShare: null,
      measuredTextShare: 0.44,
      embedder: null,
      indexed: false,
    });
    expect(await update(1)).toMatchObject({ textShare: 1 });
    const { items, explanation } = await find({});
    expect(explanation.weights).toEqual({ text: 1, vector: 0 });
    for (const { score, scores } of items) expect(score).toBeCloseTo(scores.text / explanation.textScoreMax, 9);
    expect(await update(null)).toMatchObject({ textShare: null });
    expect((await find({})).explanation.weights.text).toBe(0.44);
  });

  it("are written down when they change, and only then, and are nobody else's", async () => {
    await update(0.2);
    await update(0.2);
    const lines = await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.select().from(auditEntry).where(eq(auditEntry.action, "knowledge.settings_updated")),
    );
    expect(lines.at(-1)).toMatchObject({ before: { textShare: null }, after: { textShare: 0.2 } });
    expect(lines).toHaveLength(3);
    const { workspaceId: other } = await scene.found("unweighted");
    expect(await scene.inWorkspace(other, getKnowledgeSettings)).toMatchObject({ textShare: null });
    await update(null);
    expect(await scene.inWorkspace(workspaceId, ({ tx }) => tx.$count(document))).toBe(2);
  });
});
