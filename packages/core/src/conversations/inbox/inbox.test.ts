/** The inbox: whose a conversation is, how it is labelled, what is noted of it, and how it is found again. */
import type { Conversation } from "@axon/contracts/conversations";
import { type ListConversationsInput, listConversationsInput, tagsMax } from "@axon/contracts/inbox";
import { newId } from "@axon/db/ids";
import { conversation } from "@axon/db/schema/conversations";
import { event, outbox } from "@axon/db/schema/engine";
import { conversationTag, messageWords } from "@axon/db/schema/inbox";
import { membership, workspace } from "@axon/db/schema/workspaces";
import { findUnwordedWorkspaces } from "@axon/db/sweep";
import { withEngine } from "@axon/db/transaction";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Caller, WorkspaceCtx } from "../../context.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import {
  addNote,
  assignConversation,
  countInbox,
  getConversation,
  keepOlderWords,
  listConversations,
  readConversationEvents,
  searchMessages,
  sendMessage,
  setAttributes,
  setPriority,
  tagConversation,
  toVisitorEvent,
  untagConversation,
} from "../index.ts";
import { messagesOf, quickAgent, startAs, turnsOf } from "../stage.fixture.ts";
import { findMessages, isCommon } from "./find-messages.ts";
import { askedFor } from "./words.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;
let me: Caller;
let others: { workspaceId: string; agentId: string };
beforeAll(async () => {
  scene = await openScene();
  const founded = await scene.found("Inbox");
  workspaceId = founded.workspaceId;
  me = { kind: "user", id: founded.accountId, name: "Inbox", ip: null, requestId: null };
  agentId = (await quickAgent(scene, workspaceId)).id;
  const stranger = await scene.found("Stranger");
  others = { workspaceId: stranger.workspaceId, agentId: (await quickAgent(scene, stranger.workspaceId)).id };
}, 120_000);
afterAll(() => scene?.close());

const run = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>, caller = me) => scene.inWorkspace(workspaceId, verb, caller);
const elsewhere = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => scene.inWorkspace(others.workspaceId, verb, me);
const begin = async (text: string) => (await startAs(scene, workspaceId, agentId, text)).conversation;
const list = (filter: Partial<ListConversationsInput>, caller = me) =>
  run((ws) => listConversations(ws, { ...listConversationsInput.parse({}), ...filter }), caller);
const ids = (page: { items: Conversation[] }) => page.items.map(({ id }) => id);
const search = async (query: string) =>
  (await run((ws) => searchMessages(ws, { query, limit: 20 }))).items.map(({ snippet }) => snippet.text);
const updates = async (conversationId: string) => {
  const rows = await run((ws) =>
    ws.tx
      .select({ body: event.body })
      .from(event)
      .where(and(eq(event.conversationId, conversationId), eq(event.type, "conversation.updated"))),
  );
  return rows.map(({ body }) => body);
};

async function join(role: "member" | "viewer"): Promise<string> {
  const { accountId } = await scene.found(`Colleague ${role}`);
  await run((ws) => ws.tx.insert(membership).values({ workspaceId, accountId, role, name: `A ${role}` }));
  return accountId;
}

describe("a conversation of the team's", () => {
  it("is somebody's or nobody's, and who made it so is told once", async () => {
    const { id } = await begin("Whose am I?");
    const colleague = await join("member");
    for (let times = 0; times < 2; times += 1) {
      const given = await run((ws) => assignConversation(ws, { conversationId: id, accountId: colleague }));
      expect(given).toMatchObject({ assignee: { id: colleague, name: "A member" }, handler: "ai" });
    }
    const taken = await run((ws) => assignConversation(ws, { conversationId: id, accountId: null }));
    expect(taken.assignee).toBeUndefined();
    expect(await updates(id)).toMatchObject([
      { reason: "assigned", actor: "member", actorId: me.id, changes: { assignee: { before: null, after: { id: colleague } } } },
      { reason: "unassigned", changes: { assignee: { after: null } } },
    ]);
    expect(Number(taken.lastEventId)).toBe(Number((await run((ws) => getConversation(ws, id))).lastEventId));
  });

  it("is given to nobody who only reads, is of another workspace, or is not there", async () => {
    const { id } = await begin("Not to them");
    const viewer = await join("viewer");
    const stranger = (await scene.found("Another")).accountId;
    const give = (accountId: string) => run((ws) => assignConversation(ws, { conversationId: id, accountId }));
    await expect(give(viewer)).rejects.toMatchObject({ reason: "validation" });
    for (const nobody of [stranger, newId()]) await expect(give(nobody)).rejects.toMatchObject({ reason: "not_found" });
    expect(await updates(id)).toEqual([]);
    expect((await run((ws) => getConversation(ws, id))).assignee).toBeUndefined();
  });

  it("bears tags, each once, and is found by them where its last message puts it", async () => {
    const [early, late] = [await begin("The first of two"), await begin("The second of two")];
    for (const { id } of [early, late, early]) await run((ws) => tagConversation(ws, { conversationId: id, tag: "refund" }));
    expect(await run((ws) => tagConversation(ws, { conversationId: early.id, tag: "late" }))).toMatchObject({ tags: ["late", "refund"] });
    expect(ids(await list({ tag: "refund" }))).toEqual([late.id, early.id]);
    await run((ws) => sendMessage(ws, { conversationId: early.id, text: "Still here", as: "contact" }, { as: "contact" }));
    expect(ids(await list({ tag: "refund" }))).toEqual([early.id, late.id]);
    expect((await updates(early.id)).map(({ changes }) => changes)).toMatchObject([
      { tags: { before: [], after: ["refund"] } },
      { tags: { before: ["refund"], after: ["late", "refund"] } },
    ]);
    const events = await run((ws) => readConversationEvents(ws, early.id, 0, 100));
    const labelled = events.filter(({ event: { type } }) => type === "conversation.updated");
    expect(labelled.map(({ event: one }) => toVisitorEvent(one))).toEqual([null, null]);
    for (let times = 0; times < 2; times += 1)
      expect((await run((ws) => untagConversation(ws, { conversationId: early.id, tag: "refund" }))).tags).toEqual(["late"]);
    expect(ids(await list({ tag: "refund" }))).toEqual([late.id]);
    // Both places where tags are written say the same, whatever came before.
    const rows = await run((ws) => ws.tx.select().from(conversationTag).where(eq(conversationTag.conversationId, early.id)));
    const [row] = await run((ws) => ws.tx.select().from(conversation).where(eq(conversation.id, early.id)));
    expect(rows).toMatchObject([{ tag: "late", lastMessageAt: row?.lastMessageAt }]);
  });

  it("bears no more tags and attributes than it may, and is as it was after a refusal", async () => {
    const { id } = await begin("Too many labels");
    for (let at = 0; at < tagsMax; at += 1) await run((ws) => tagConversation(ws, { conversationId: id, tag: `tag ${at}` }));
    await expect(run((ws) => tagConversation(ws, { conversationId: id, tag: "one more" }))).rejects.toMatchObject({ reason: "validation" });
    expect((await run((ws) => tagConversation(ws, { conversationId: id, tag: "tag 3" }))).tags).toHaveLength(tagsMax);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key${at}`, at]));
    await run((ws) => setAttributes(ws, { conversationId: id, attributes: many }));
    await expect(run((ws) => setAttributes(ws, { conversationId: id, attributes: { more: true } }))).rejects.toMatchObject({
      reason: "validation",
    });
    expect(Object.keys((await run((ws) => getConversation(ws, id))).attributes)).toHaveLength(50);
  });

  it("keeps attributes that are not named, and loses those that are null", async () => {
    const { id } = await begin("Attributes");
    const set = (attributes: Record<string, string | number | boolean | null>) =>
      run((ws) => setAttributes(ws, { conversationId: id, attributes }));
    await set({ order: "AX-1", amount: 12.5 });
    expect(await set({ amount: null, vip: true })).toMatchObject({ attributes: { order: "AX-1", vip: true } });
    await set({ vip: true });
    expect(await updates(id)).toHaveLength(2);
    expect(await run((ws) => setPriority(ws, { conversationId: id, priority: "urgent" }))).toMatchObject({ priority: "urgent" });
    await run((ws) => setPriority(ws, { conversationId: id, priority: "urgent" }));
    expect(await updates(id)).toHaveLength(3);
  });

  it("is none of another workspace's business", async () => {
    const { id: conversationId } = await begin("Ours alone");
    const verbs: ((ws: WorkspaceCtx) => Promise<unknown>)[] = [
      (ws) => assignConversation(ws, { conversationId, accountId: me.id }),
      (ws) => tagConversation(ws, { conversationId, tag: "theirs" }),
      (ws) => untagConversation(ws, { conversationId, tag: "theirs" }),
      (ws) => setPriority(ws, { conversationId, priority: "low" }),
      (ws) => setAttributes(ws, { conversationId, attributes: { a: 1 } }),
      (ws) => addNote(ws, { conversationId, text: "theirs" }),
    ];
    for (const verb of verbs) await expect(elsewhere(verb)).rejects.toMatchObject({ reason: "not_found" });
    expect(await updates(conversationId)).toEqual([]);
    expect(await messagesOf(scene, workspaceId, conversationId)).toHaveLength(1);
  });
});

describe("a note", () => {
  it("is a member's, once, and changes nothing for customer, agent or inbox", async () => {
    const { id: conversationId } = await begin("Where is my order?");
    const before = await run((ws) => getConversation(ws, conversationId));
    const turns = await turnsOf(scene, workspaceId, conversationId);
    const jobs = () => withEngine(scene.database, (tx) => tx.$count(outbox, eq(outbox.workspaceId, workspaceId)));
    const waiting = await jobs();
    const note = { conversationId, text: "Ask Kim, the warehouse knows", clientMessageId: "note-1" };
    const [first, again] = [await run((ws) => addNote(ws, note)), await run((ws) => addNote(ws, note))];
    expect(first.message).toMatchObject({ visibility: "internal", author: { kind: "member", id: me.id }, seq: 2 });
    expect(again).toEqual(first);
    const after = await run((ws) => getConversation(ws, conversationId));
    expect({ ...after, lastEventId: before.lastEventId }).toEqual(before);
    expect(await turnsOf(scene, workspaceId, conversationId)).toEqual(turns);
    expect(await jobs()).toBe(waiting);
    expect(await search("warehouse")).toEqual(["Ask Kim, the warehouse knows"]);
  });

  it("is not what was said to the customer under the same id", async () => {
    const { id: conversationId } = await begin("Hello");
    await run((ws) => sendMessage(ws, { conversationId, text: "Hi!", as: "contact", clientMessageId: "c-1" }, { as: "contact" }));
    await expect(run((ws) => addNote(ws, { conversationId, text: "Hi!", clientMessageId: "c-1" }))).rejects.toMatchObject({
      reason: "invalid_state",
    });
  });
});

describe("the inbox", () => {
  it("is narrowed by everything at once, page by page, the newest first", async () => {
    const made: string[] = [];
    for (const text of ["one zebra", "two zebras", "three zebras"]) {
      const { id } = await begin(text);
      await run((ws) => assignConversation(ws, { conversationId: id, accountId: me.id }));
      await run((ws) => setPriority(ws, { conversationId: id, priority: "high" }));
      await run((ws) => tagConversation(ws, { conversationId: id, tag: "zoo" }));
      made.unshift(id);
    }
    const [newest] = (await list({ assignee: "me" })).items;
    const all: Partial<ListConversationsInput>[] = [
      { assignee: "me" },
      { assignee: me.id ?? "" },
      { priority: "high" },
      { priority: "high", status: "open", handler: "ai", channelKind: "api", agentId },
      { tag: "zoo", assignee: "me", channelId: newest?.channel.id },
      { text: "zebra" },
      { text: "ZEBRAS", priority: "high", assignee: "me" },
      { tag: "zoo", text: "zebra", from: "2020-01-01T00:00:00Z" },
    ];
    for (const filter of all) {
      const pages: string[] = [];
      for (let cursor: string | undefined, turns = 0; turns < 5; turns += 1) {
        const page = await list({ ...filter, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        pages.push(...ids(page));
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      expect({ filter, pages }).toEqual({ filter, pages: made });
    }
    expect(ids(await list({ contactId: newest?.contact.id ?? "" }))).toEqual([made[0]]);
    for (const nothing of [
      { channelKind: "web" as const },
      { tag: "nobody's" },
      { text: "zebra giraffe" },
      { text: "…" },
      { to: "2020-01-01T00:00:00Z" },
      { channelId: newId() },
      { assignee: "me" as const, status: "resolved" as const },
    ])
      expect({ nothing, ids: ids(await list(nothing)) }).toEqual({ nothing, ids: [] });
    const unassigned = await list({ assignee: "none", limit: 100 });
    expect(unassigned.items.length).toBeGreaterThan(0);
    expect(unassigned.items.every(({ assignee }) => assignee === undefined)).toBe(true);
    const key: Caller = { ...me, kind: "apiKey" };
    await expect(list({ assignee: "me" }, key)).rejects.toMatchObject({ reason: "validation" });
    expect((await elsewhere((ws) => listConversations(ws, { limit: 50, text: "zebra" }))).items).toEqual([]);
  });

  it("says how much is in its corners", async () => {
    const before = await run(countInbox);
    const { id } = await begin("Count me");
    const open = await run(countInbox);
    expect(open.open).toEqual({ count: before.open.count + 1, more: false });
    expect(open.unassigned.count).toBe(before.unassigned.count + 1);
    await run((ws) => assignConversation(ws, { conversationId: id, accountId: me.id }));
    await run((ws) => setPriority(ws, { conversationId: id, priority: "urgent" }));
    const mine = await run(countInbox);
    expect(mine).toEqual({
      ...open,
      unassigned: before.unassigned,
      mine: { count: before.mine.count + 1, more: false },
      urgent: { count: before.urgent.count + 1, more: false },
    });
    expect((await elsewhere(countInbox)).open.count).toBe(0);
  });
});

describe("a search", () => {
  it("finds words in any form, in every conversation, and shows where they stand", async () => {
    const long = `${"Before anything else, some words that say nothing of it. ".repeat(5)}The Rechnungen for my parcels never came. ${"And more. ".repeat(40)}`;
    const { id } = await begin(long);
    const [hit] = (await run((ws) => searchMessages(ws, { query: "parcel never", limit: 20 }))).items;
    expect(hit).toMatchObject({ conversation: { id }, message: { seq: 1, author: { kind: "contact" }, visibility: "public" } });
    const { text, hits } = hit?.snippet ?? { text: "", hits: [] };
    expect(hits.map(({ start, end }) => text.slice(start, end))).toEqual(["parcels", "never"]);
    expect(text.length).toBeLessThan(210);
    expect(text.startsWith("…") && text.endsWith("…")).toBe(true);
    expect(await search("RECHNUNGEN")).toHaveLength(1);
    expect(await search("parcel elephant")).toEqual([]);
    expect(await search("'); drop table message; --")).toEqual([]);
    expect(await search("?!")).toEqual([]);
  });

  it("goes from page to page without gap or repeat, whether its words are rare or common", async () => {
    for (let at = 0; at < 7; at += 1) await begin(`Flamingo number ${at}`);
    const pages: string[] = [];
    for (let cursor: string | undefined, turns = 0; turns < 9; turns += 1) {
      const page = await run((ws) => searchMessages(ws, { query: "flamingos", limit: 3, cursor }));
      pages.push(...page.items.map(({ snippet }) => snippet.text));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `Flamingo number ${at}`));
    const asked = askedFor(workspaceId, "flamingo");
    if (asked === null) throw new Error("these are words");
    const rare = await run((ws) => findMessages(ws, asked, null, 5));
    const key = ({ messageId }: { messageId: string }) => messageId;
    for (const bounds of [
      { sampledMax: 10_000, sortedMax: 2, walkedMax: 0 },
      { sampledMax: 1, sortedMax: 2, walkedMax: 10_000 },
      // Gone through in vain: the index of words is asked after all.
      { sampledMax: 1, sortedMax: 2, walkedMax: 2 },
    ]) {
      expect((await run((ws) => findMessages(ws, asked, null, 5, bounds))).map(key)).toEqual(rare.map(key));
      const [, second] = rare;
      const after = [second?.createdAt ?? "", second?.messageId ?? ""] as const;
      expect((await run((ws) => findMessages(ws, asked, after, 3, bounds))).map(key)).toEqual(rare.slice(2).map(key));
    }
    expect(await run((ws) => isCommon(ws, asked, { sampledMax: 1, sortedMax: 2, walkedMax: 2 }))).toBe(true);
    expect(await run((ws) => isCommon(ws, asked))).toBe(false);
  });

  it("finds what releases wrote that kept no words, once those have been kept", async () => {
    const { id } = await begin("An old ibex");
    const behind = () => run((ws) => ws.tx.select({ behind: workspace.wordsBehind }).from(workspace));
    expect(await behind()).toEqual([{ behind: null }]);
    expect(await run(keepOlderWords)).toBe(false);
    await run((ws) => ws.tx.delete(messageWords).where(eq(messageWords.conversationId, id)));
    await run((ws) => ws.tx.update(workspace).set({ wordsBehind: "ffffffff-ffff-ffff-ffff-ffffffffffff" }));
    expect(await search("ibex")).toEqual([]);
    expect(await findUnwordedWorkspaces(scene.database)).toContain(workspaceId);
    while (await run(keepOlderWords));
    expect(await search("ibex")).toEqual(["An old ibex"]);
    expect(await behind()).toEqual([{ behind: null }]);
    expect(await findUnwordedWorkspaces(scene.database)).not.toContain(workspaceId);
  });

  it("finds nothing of another workspace, not even for who asks with its mark", async () => {
    await begin("A secret pangolin");
    const theirs = askedFor(workspaceId, "pangolin");
    if (theirs === null) throw new Error("these are words");
    expect(await run((ws) => findMessages(ws, theirs, null, 5))).toHaveLength(1);
    expect(await elsewhere((ws) => findMessages(ws, theirs, null, 5))).toEqual([]);
    expect(await elsewhere((ws) => findMessages(ws, theirs, null, 5, { sampledMax: 5, sortedMax: 0, walkedMax: 5 }))).toEqual([]);
    expect((await elsewhere((ws) => searchMessages(ws, { query: "pangolin", limit: 5 }))).items).toEqual([]);
    expect(await elsewhere((ws) => ws.tx.$count(messageWords, eq(messageWords.workspaceId, workspaceId)))).toBe(0);
  });
});
