/** Bringing in what was said elsewhere. */
import { type ImportInput, importInput } from "@axon/contracts/inbox";
import { newId } from "@axon/db/ids";
import { contactIdentity } from "@axon/db/schema/contacts";
import { contact, conversation, message } from "@axon/db/schema/conversations";
import { event, outbox } from "@axon/db/schema/engine";
import { auditEntry } from "@axon/db/schema/workspaces";
import { withEngine } from "@axon/db/transaction";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkspaceCtx } from "../../context.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { getConversation, importConversations, listConversations, searchMessages, sendMessage } from "../index.ts";
import { messagesOf, quickAgent, turnsOf } from "../stage.fixture.ts";

let scene: Scene;
let workspaceId: string;
let accountId: string;
let agentId: string;
let strangerId: string;
let strangersAgentId: string;
beforeAll(async () => {
  scene = await openScene();
  ({ workspaceId, accountId } = await scene.found("Import"));
  agentId = (await quickAgent(scene, workspaceId)).id;
  strangerId = (await scene.found("Stranger")).workspaceId;
  strangersAgentId = (await quickAgent(scene, strangerId)).id;
}, 120_000);
afterAll(() => scene?.close());

const run = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => scene.inWorkspace(workspaceId, verb);
const bring = (input: unknown) => run((ws) => importConversations(ws, importInput.parse(input)));
const rowsOfAll = () =>
  run(async ({ tx }) => [
    await tx.$count(conversation),
    await tx.$count(message),
    await tx.$count(contact),
    await tx.$count(contactIdentity),
    await tx.$count(event),
  ]);

function talk(externalId: string, about: Partial<Record<string, unknown>> = {}) {
  return {
    externalId,
    agentId,
    contact: { externalId: `customer-${externalId}`, name: "Kim", email: `${externalId}@example.com` },
    status: "resolved",
    createdAt: "2026-03-01T10:00:00Z",
    messages: [
      { author: "contact", text: "Where is my walrus?", at: "2026-03-01T10:00:00Z" },
      { author: "ai", name: "Ada", text: "On its way [1].", at: "2026-03-01T10:00:03+00:00" },
      { author: "contact", text: "Thanks", at: "2026-03-01T12:04:00.5Z" },
    ],
    ...about,
  };
}

describe("conversations from elsewhere", () => {
  it("are there as they were: who said what and when, whose they are, and where they stand", async () => {
    const open = talk("open-1", { status: "open", assigneeId: accountId, tags: [" Late ", "late", "refund"], priority: "high" });
    const given = await bring({ conversations: [talk("old-1"), open] });
    expect(given).toMatchObject({
      messages: 6,
      conversations: [
        { externalId: "old-1", created: true },
        { externalId: "open-1", created: true },
      ],
    });
    const [old, live] = given.conversations.map(({ conversationId }) => conversationId);
    expect(await run((ws) => getConversation(ws, old ?? ""))).toMatchObject({
      ...{ externalId: "old-1", status: "resolved", resolution: 1, createdAt: "2026-03-01T10:00:00.000Z", handler: "member" },
      ...{ lastMessageAt: "2026-03-01T12:04:00.500Z", contact: { externalId: "customer-old-1", name: "Kim", email: "old-1@example.com" } },
    });
    expect(await messagesOf(scene, workspaceId, old ?? "")).toMatchObject([
      { seq: 1, author: { kind: "contact" }, text: "Where is my walrus?", createdAt: "2026-03-01T10:00:00.000Z" },
      { seq: 2, author: { kind: "ai", name: "Ada" }, createdAt: "2026-03-01T10:00:03.000Z" },
      { seq: 3, text: "Thanks" },
    ]);
    expect(await run((ws) => getConversation(ws, live ?? ""))).toMatchObject({
      ...{ status: "open", assignee: { id: accountId, name: "Import" }, tags: ["late", "refund"], priority: "high" },
      ...{ waitingSince: "2026-03-01T12:04:00.500Z" },
    });
    const found = await run((ws) => listConversations(ws, { limit: 10, tag: "refund", text: "walrus" }));
    expect(found.items.map(({ id }) => id)).toEqual([live]);
    expect((await run((ws) => searchMessages(ws, { query: "walrus", limit: 10 }))).items).toHaveLength(2);
  });

  it("are history: nothing is answered, queued or told", async () => {
    const jobs = () => withEngine(scene.database, (tx) => tx.$count(outbox, eq(outbox.workspaceId, workspaceId)));
    const [queued, told] = [await jobs(), await run((ws) => ws.tx.$count(event))];
    const { conversations } = await bring({ conversations: [talk("quiet-1", { status: "open", handler: "ai" })] });
    expect(await turnsOf(scene, workspaceId, conversations[0]?.conversationId ?? "")).toEqual([]);
    expect([await jobs(), await run((ws) => ws.tx.$count(event))]).toEqual([queued, told]);
    const lines = await run((ws) => ws.tx.select().from(auditEntry).where(eq(auditEntry.action, "conversations.imported")));
    expect(lines.at(-1)?.after).toEqual({ conversations: 1, messages: 3 });
  });

  it("go on like any other when somebody writes", async () => {
    const { conversations } = await bring({ conversations: [talk("goes-on", { status: "open" })] });
    const conversationId = conversations[0]?.conversationId ?? "";
    const { message: next } = await run((ws) =>
      sendMessage(ws, { conversationId, text: "And now?", as: "member" }, { as: "member", accountId, name: "Import" }),
    );
    expect(next.seq).toBe(4);
  });

  it("come once, however often they are brought, also by many at the same time", async () => {
    const input = { conversations: Array.from({ length: 5 }, (_, at) => talk(`twice-${at}`)) };
    const given = await Promise.all(Array.from({ length: 4 }, () => bring(input)));
    expect(given.map(({ messages }) => messages).toSorted()).toEqual([0, 0, 0, 15]);
    expect(new Set(given.flatMap(({ conversations }) => conversations.map(({ conversationId }) => conversationId))).size).toBe(5);
    const before = await rowsOfAll();
    const again = await bring({ conversations: [...input.conversations, talk("new-among-them")] });
    expect(again.conversations.filter(({ created }) => created)).toMatchObject([{ externalId: "new-among-them" }]);
    expect(again.messages).toBe(3);
    const after = await rowsOfAll();
    expect([(after[0] ?? 0) - (before[0] ?? 0), (after[1] ?? 0) - (before[1] ?? 0)]).toEqual([1, 3]);
  });

  it("are of the contact who is known already, and two who share an address stay two", async () => {
    const contacts = (...given: object[]) => given.map((one, at) => talk(`shared-${newId()}-${at}`, { contact: one }));
    const first = await bring({
      conversations: contacts({ externalId: "s1", email: "shop@example.com" }, { externalId: "s2", email: "Shop@example.com" }),
    });
    const second = await bring({
      conversations: contacts({ externalId: "s1" }, { externalId: "s2", name: "Second" }, { externalId: "s1" }),
    });
    const ids = await Promise.all(
      [...first.conversations, ...second.conversations].map(
        async ({ conversationId }) => (await run((ws) => getConversation(ws, conversationId))).contact.id,
      ),
    );
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids.slice(2)).toEqual([ids[0], ids[1], ids[0]]);
  });

  it("are refused whole when one of them can't be, with its place", async () => {
    const before = await rowsOfAll();
    const bad: [unknown, object][] = [
      [[talk("a"), talk("b", { agentId: strangersAgentId })], { reason: "not_found" }],
      [[talk("a"), talk("b", { channelId: newId() })], { reason: "not_found" }],
      [[talk("a"), talk("b", { assigneeId: newId() })], { reason: "not_found" }],
      [[talk("a"), talk("a")], { reason: "validation", details: { fields: { "conversations.1.externalId": expect.any(String) } } }],
      [
        [talk("a", { messages: [{ author: "contact", text: "late", at: "2999-01-01T00:00:00Z" }] })],
        { reason: "validation", details: { fields: { "conversations.0.messages.0.at": "is in the future" } } },
      ],
      [
        [talk("a"), talk("b", { createdAt: "2026-03-01T11:00:00Z" })],
        { reason: "validation", details: { fields: { "conversations.1.messages.0.at": "is before what came before it" } } },
      ],
    ];
    for (const [conversations, refusal] of bad) await expect(bring({ conversations })).rejects.toMatchObject(refusal);
    for (const conversations of [
      [],
      [talk("a", { messages: [] })],
      [talk("a", { status: "snoozed" })],
      Array.from({ length: 201 }, (_, at) => talk(`${at}`)),
    ])
      expect(importInput.safeParse({ conversations }).success).toBe(false);
    const long: ImportInput["conversations"][number]["messages"] = Array.from({ length: 500 }, () => ({
      author: "ai",
      text: "x",
      at: "2026-03-01T10:00:00Z",
    }));
    expect(importInput.safeParse({ conversations: ["a", "b", "c", "d", "e"].map((id) => talk(id, { messages: long })) }).success).toBe(
      false,
    );
    expect(await rowsOfAll()).toEqual(before);
  });

  it("are nobody else's", async () => {
    await bring({ conversations: [talk("ours")] });
    const theirs = talk("ours", { agentId: strangersAgentId });
    const given = await scene.inWorkspace(strangerId, (ws) => importConversations(ws, importInput.parse({ conversations: [theirs] })));
    expect(given.conversations).toMatchObject([{ created: true }]);
    expect((await scene.inWorkspace(strangerId, (ws) => searchMessages(ws, { query: "walrus", limit: 50 }))).items).toHaveLength(1);
  });
});
