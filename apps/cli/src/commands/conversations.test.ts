import type { AxonClient } from "@axon/client/client";
import type { Conversation } from "@axon/contracts/conversations";
import { describe, expect, it } from "vitest";
import { at, fakeIo } from "../testing/doubles.ts";
import { listConversations, searchMessages, showConversation, showCounts } from "./conversations.ts";

function talk(id: string, about: Partial<Conversation> = {}): Conversation {
  return {
    ...{ id, channel: { id: "channel", kind: "api" }, agentId: "agent", status: "open", handler: "ai", priority: "normal" },
    contact: { id: "contact", name: "Kim Lee", email: null, externalId: null },
    ...{ attributes: {}, tags: [], resolution: 0, lastEventId: "1", lastMessageAt: at, createdAt: at },
    ...about,
  };
}

/** Gives `total` conversations in pages, and remembers what was asked. */
function inboxOf(total: number) {
  const asked: unknown[] = [];
  const page = (items: unknown[], nextCursor: string | null = null) => ({ items, nextCursor });
  const message = { id: "m", seq: 2, author: { kind: "member" as const, name: "Ada" }, visibility: "internal" as const, createdAt: at };
  const api = {
    conversations: {
      list: {
        query: async (input: { limit: number; cursor?: string }) => {
          asked.push(input);
          const from = Number(input.cursor ?? 0);
          const to = Math.min(total, from + input.limit);
          const items = Array.from({ length: to - from }, (_, index) => talk(`c${from + index}`, { tags: ["late"], priority: "urgent" }));
          return page(items, to < total ? String(to) : null);
        },
      },
      get: { query: async () => talk("c1", { assignee: { id: "a", name: "Ada" } }) },
      messages: { list: { query: async () => page([{ ...message, text: "Ask the warehouse" }]) } },
      counts: { query: async () => ({ open: { count: 3, more: false }, resolved: { count: 10_000, more: true } }) },
      search: {
        query: async (input: unknown) => {
          asked.push(input);
          return page([{ conversation: talk("c1"), message, snippet: { text: "my tent leaks", hits: [{ start: 3, end: 7 }] } }]);
        },
      },
    },
  };
  return { client: { api } as unknown as AxonClient, asked }; // safe: the commands under test call nothing else
}

describe("axon conversations", () => {
  it("lists page after page up to the limit, each with whose it is and how it is labelled", async () => {
    const { client, asked } = inboxOf(250);
    const { io, out, err } = fakeIo();
    expect(await listConversations(client, io, { limit: "150", status: "open", tag: "late" })).toBe(0);
    expect(asked).toMatchObject([
      { limit: 100, status: "open", tag: "late" },
      { limit: 50, cursor: "100" },
    ]);
    expect(out().trim().split("\n")).toHaveLength(150);
    expect(out()).toContain("2026-01-05 09:00  open      Kim Lee                  urgent  agent  #late  c0\n");
    expect(err()).toContain("There are more");
  });

  it("refuses what there is not, and says what there is", async () => {
    const { client } = inboxOf(1);
    await expect(listConversations(client, fakeIo().io, { limit: "20", status: "closed" })).rejects.toThrow(
      "open, pending, snoozed, resolved",
    );
    await expect(listConversations(client, fakeIo().io, { limit: "0" })).rejects.toThrow("1 to 1000");
  });

  it("shows notes as notes, counts with their cap, and hits where they are", async () => {
    const { client, asked } = inboxOf(1);
    const shown = fakeIo();
    await showConversation(client, shown.io, "c1", {});
    expect(shown.out()).toContain("@Ada");
    expect(shown.out()).toContain("#2 2026-01-05 09:00 Ada (note)\nAsk the warehouse");
    const counted = fakeIo();
    await showCounts(client, counted.io, {});
    expect(counted.out()).toBe("open         3\nresolved     10000+\n");
    const found = fakeIo();
    await searchMessages(client, found.io, ["tent", "leaks"], { limit: "20" });
    expect(found.out()).toContain("my tent leaks");
    expect(asked.at(-1)).toMatchObject({ query: "tent leaks", limit: 20 });
  });

  it("gives JSON alone to scripts", async () => {
    const { client } = inboxOf(30);
    const { io, out, err } = fakeIo();
    await listConversations(client, io, { limit: "20", json: true });
    expect(JSON.parse(out())).toHaveLength(20);
    expect(err()).toBe("");
  });
});
