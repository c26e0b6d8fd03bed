/** The inbox of a large shop, through the front door: brought in, counted, narrowed, found. */
import { seedScale } from "@axon/cli/seed/scale";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";

const messages = 200;

let app: App;
let owner: Owner;
beforeAll(async () => {
  app = await openApp();
  owner = await app.found("Shop");
}, 120_000);
afterAll(() => app?.close());

describe("a seeded shop", () => {
  it("is there once, however often it is brought in, and its inbox says what is in it", async () => {
    const { api } = owner.client;
    const told: number[] = [];
    const first = await seedScale(owner.client, { messages, seed: 3, onProgress: (done) => told.push(done.messages) });
    expect(first.messages).toBeGreaterThanOrEqual(messages);
    expect(first.kept).toBe(0);
    expect(told.at(-1)).toBe(first.messages);
    const again = await seedScale(owner.client, { messages, seed: 3 });
    expect(again).toMatchObject({ conversations: 0, messages: 0, kept: first.conversations });

    const counts = await api.conversations.counts.query();
    const total = counts.open.count + counts.pending.count + counts.snoozed.count + counts.resolved.count;
    expect(total).toBe(first.conversations);
    const refunds = await api.conversations.list.query({ tag: "refund", limit: 100 });
    expect(refunds.items.length).toBeGreaterThan(0);
    expect(refunds.items.every(({ tags }) => tags.includes("refund"))).toBe(true);
    const found = await api.conversations.search.query({ query: "tent" });
    expect(found.items.length).toBeGreaterThan(0);
    for (const { snippet } of found.items)
      expect(snippet.hits.map(({ start, end }) => snippet.text.slice(start, end).toLowerCase())).toContain("tent");
  });
});
