import { existsSync, readFileSync } from "node:fs";
import type { Message } from "@axon/contracts/conversations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { replyTo } from "./follow.fixture.ts";

const paper = new URL("../../../../shared/docs/pdf-two-column-paper.pdf", import.meta.url);
let app: App;
let owner: Owner;
let agentId: string;

beforeAll(async () => {
  app = await openApp();
  owner = await app.found();
  agentId = (await owner.client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0 })).id;
}, 120_000);
afterAll(() => app.close());

async function upload(name: string, mime: string, bytes: Uint8Array): Promise<string> {
  const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "file", name: `Source of ${name}` });
  const { documentId } = await owner.client.uploadDocument({ sourceId: source.id, name, mime, bytes });
  return documentId;
}

describe("from a document to an answer", () => {
  it.runIf(existsSync(paper))(
    "a paper that nobody here wrote is read, and what only it knows is answered and cited",
    async () => {
      const documentId = await upload("paper.pdf", "application/pdf", readFileSync(paper));
      const document = await owner.client.waitForDocument(documentId);
      expect(document).toMatchObject({ status: "ready", error: null });
      expect(document.chunkCount).toBeGreaterThan(50);
      const { events, message } = await replyTo(
        owner.client,
        agentId,
        "How many negative passages does the dense passage retriever use with in-batch training?",
      );
      expect(events.filter((event) => event.type === "reply.delta").length).toBeGreaterThan(1);
      expect(events.flatMap((event) => (event.type === "reply.delta" ? event.text : [])).join("")).toBe(message.text);
      expect(message.citations.map((citation) => citation.documentId)).toContain(documentId);
      const { confidenceThreshold } = await owner.client.api.agents.get.query({ agentId });
      expect(message.confidence).toBeGreaterThan(confidenceThreshold);
    },
    120_000,
  );

  it("what the documents do not know is not made up: one fallback, and a person is asked for", async () => {
    const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "text", name: "Notes" });
    const added = await owner.client.api.knowledge.documents.addText.mutate({
      sourceId: source.id,
      name: "Opening hours",
      text: "The shop is open from 9 to 18 on weekdays.",
    });
    await owner.client.waitForDocument(added.id);
    const { events, message, conversationId } = await replyTo(owner.client, agentId, "What is the boiling point of tungsten in kelvin?");
    const { confidenceThreshold, fallbackMessage } = await owner.client.api.agents.get.query({ agentId });
    expect(message).toMatchObject({ text: fallbackMessage, citations: [] });
    expect(message.confidence).toBeLessThan(confidenceThreshold);
    expect(events.filter((event) => event.type === "handoff.requested")).toHaveLength(1);
    const { items } = await owner.client.api.conversations.messages.list.query({ conversationId });
    expect(items.map((one: Message) => one.author.kind)).toEqual(["contact", "ai"]);
    expect(await owner.client.api.conversations.get.query({ conversationId })).toMatchObject({ status: "pending" });
  }, 60_000);

  it("a document that cannot be read says why", async () => {
    const document = await owner.client.waitForDocument(
      await upload("broken.pdf", "application/pdf", new TextEncoder().encode("%PDF-1.7 this is not one")),
    );
    expect(document).toMatchObject({ status: "failed", error: { code: "invalid" }, chunkCount: 0 });
    const empty = await owner.client.waitForDocument(await upload("empty.txt", "text/plain", new Uint8Array()));
    expect(empty).toMatchObject({ status: "failed", error: { code: "empty" } });
  }, 60_000);

  it("a deleted document is gone from the very next search", async () => {
    const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "text", name: "Short-lived" });
    const added = await owner.client.api.knowledge.documents.addText.mutate({
      sourceId: source.id,
      name: "Parking",
      text: "Customers park behind the lighthouse for free.",
    });
    await owner.client.waitForDocument(added.id);
    const find = () => owner.client.api.knowledge.search.query({ query: "parking behind the lighthouse", sourceIds: [source.id] });
    expect((await find()).items[0]).toMatchObject({ documentId: added.id });
    await owner.client.api.knowledge.documents.delete.mutate({ documentId: added.id });
    expect((await find()).items).toEqual([]);
  }, 60_000);
});
