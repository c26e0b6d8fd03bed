import { createChannelInput, updateChannelInput } from "@axon/contracts/channels";
import { rateEitherInput } from "@axon/contracts/csat";
import { conversation, csat } from "@axon/db/schema/conversations";
import { findQuietConversations } from "@axon/db/sweep-conversations";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createChannel, updateChannel, type Visitor } from "../channels/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createSealer } from "../sealing.ts";
import {
  autoResolve,
  getConversation,
  rate,
  rateAsVisitor,
  readConversationEvents,
  sendAsVisitor,
  setStatus,
  takeOver,
  visitorPlace,
} from "./index.ts";
import { type Life, openLife, question } from "./life.fixture.ts";
import { messagesOf } from "./stage.fixture.ts";
import { visitorConversationId } from "./visitor-view.ts";

let scene: Scene;
let life: Life;
beforeAll(async () => {
  scene = await openScene();
  life = await openLife(scene);
  await life.start(); // So that there is an api channel to set rules on.
});
afterAll(() => scene.close());
beforeEach(() => life.rule({ reopen: { withinHours: 72 }, autoResolve: null, csat: { enabled: false } }));

const begun = async () => (await life.start()).conversation.id;
const resolve = (conversationId: string) => life.within((ws) => setStatus(ws, { conversationId, status: "resolved" }));
const resolved = async () => {
  const id = await begun();
  await resolve(id);
  return id;
};
const told = async (conversationId: string) =>
  (await messagesOf(scene, life.workspaceId, conversationId)).map(({ author, text }) => `${author.kind}: ${text}`);
const successors = (previousId: string) =>
  life.within(({ tx }) => tx.select().from(conversation).where(eq(conversation.previousId, previousId)));

describe("a customer who writes after the end", () => {
  it("opens the conversation again within the channel's time, and the agent reads nothing of the matter before", async () => {
    const id = await begun();
    await life.reply(id);
    await resolve(id);
    await life.pass(id, 71 * 60);
    const { message } = await life.write(id, question);
    expect(message.conversationId).toBe(id);
    expect(await life.row(id)).toMatchObject({ status: "open", resolvedAt: null, boundarySeq: 2 });
    await life.reply(id);
    expect(life.provider.asked.at(-1)?.history).toEqual([]);
    expect((await life.events(id)).filter(({ type }) => type === "conversation.updated").at(-1)).toMatchObject({
      actor: "contact",
      reason: "message_received",
      changes: { status: { before: "resolved", after: "open" } },
    });
  });

  it("begins another one later, linked to the first, once, and whoever follows the first is told where it goes on", async () => {
    const id = await resolved();
    await life.write(id, "early", { clientMessageId: "early" });
    await resolve(id);
    await life.pass(id, 73 * 60);
    const sent = await Promise.all(
      Array.from({ length: 4 }, (_, index) => life.write(id, "It broke again.", { clientMessageId: `late-${index % 2}` })),
    );
    const [next, ...more] = await successors(id);
    expect(more).toEqual([]);
    expect(next).toMatchObject({ status: "open", handler: "ai", messageSeq: 2, contactId: (await life.row(id)).contactId });
    expect(new Set(sent.map(({ message }) => message.conversationId))).toEqual(new Set([next?.id]));
    // A message that is there already is where it is.
    expect((await life.write(id, "early", { clientMessageId: "early" })).message.conversationId).toBe(id);
    const events = await life.events(id);
    expect(events.filter((event) => "continuedIn" in event)).toEqual([
      expect.objectContaining({ reason: "continued", status: "resolved", continuedIn: next?.id }),
    ]);
    const head = (await life.row(id)).eventSeq;
    const [first] = await life.within((ws) => readConversationEvents(ws, next?.id ?? "", 0, 1));
    expect(first).toMatchObject({ seq: head + 1, event: { type: "conversation.created" } });
    expect(await life.within((ws) => getConversation(ws, next?.id ?? ""))).toMatchObject({ previousId: id });
    // The customer is there now: the one before cannot be opened under them.
    for (const verb of [
      () => life.within((ws) => setStatus(ws, { conversationId: id, status: "open" })),
      () => life.within((ws) => takeOver(ws, id, life.asMia)),
      () => life.answer(id, "Hello?"),
    ])
      await expect(verb()).rejects.toMatchObject({ reason: "invalid_state", details: { continuedIn: next?.id } });
  });

  it("begins another one in the widget too, which is theirs from then on", async () => {
    const sealer = createSealer([{ id: "test", bytes: Buffer.alloc(32, 7) }]);
    const settings = { reopen: { withinHours: 1 } };
    const shop = await life.within((ws) =>
      createChannel(ws, sealer, createChannelInput.parse({ kind: "web", name: "Shop", agentId: life.agentId, settings })),
    );
    const { contactId } = await life.row(await begun());
    const visitor: Visitor = { channelId: shop.id, contactId, agentId: life.agentId };
    const say = (text: string) => life.within((ws) => sendAsVisitor(ws, visitor, { text }));
    const first = await say(question);
    expect(first.conversation.id).toBe(visitorConversationId(visitor));
    await resolve(first.conversation.id);
    await life.pass(first.conversation.id, 61);
    const second = await say("It broke again.");
    expect(second.conversation).toMatchObject({ status: "open" });
    expect(second.conversation.id).not.toBe(first.conversation.id);
    expect((await say("Hello?")).conversation.id).toBe(second.conversation.id);
    expect((await life.within((ws) => visitorPlace(ws, visitor))).conversationId).toBe(second.conversation.id);
    await resolve(second.conversation.id);
    expect(await life.within((ws) => rateAsVisitor(ws, visitor, { score: 2 }))).toMatchObject({
      of: "resolution",
      resolution: 1,
      score: 2,
    });
    const threads = updateChannelInput.parse({ channelId: shop.id, settings: { threads: "many" } });
    await expect(life.within((ws) => updateChannel(ws, threads))).rejects.toMatchObject({ reason: "validation" });
  });
});

describe("a conversation that has gone quiet", () => {
  const due = async (id: string) => (await findQuietConversations(scene.database)).some((one) => one.id === id);
  const close = (id: string) => life.within((ws) => autoResolve(ws, id));
  const quiet = async () => {
    const id = await begun();
    await life.reply(id);
    await life.pass(id, 61);
    return id;
  };

  it("is resolved with the channel's words in one commit, and once, whoever comes twice or at once", async () => {
    await life.rule({ autoResolve: { afterMinutes: 60, message: "We close this for now." } });
    const id = await quiet();
    expect(await due(id)).toBe(true);
    expect((await Promise.all([close(id), close(id), close(id)])).filter(Boolean)).toHaveLength(1);
    expect(await close(id)).toBe(false);
    expect(await due(id)).toBe(false);
    expect((await told(id)).filter((line) => line.startsWith("system"))).toEqual(["system: We close this for now."]);
    expect(await life.row(id)).toMatchObject({ status: "resolved", resolution: 1 });
    expect((await life.events(id)).slice(-2)).toMatchObject([
      { type: "message.created" },
      { type: "conversation.updated", actor: "system", reason: "auto_resolved", status: "resolved" },
    ]);
  });

  it("is left alone where it is not to be: off, too early, unanswered, with people, or just written into", async () => {
    const id = await quiet();
    const leftAlone = async () => [await due(id), await close(id), (await life.row(id)).status === "resolved"];
    expect(await leftAlone(), "off").toEqual([false, false, false]);
    await life.rule({ autoResolve: { afterMinutes: 62 } });
    expect(await leftAlone(), "too early").toEqual([false, false, false]);
    await life.rule({ autoResolve: { afterMinutes: 60 } });
    expect(await due(id)).toBe(true);
    await life.write(id, "One more thing."); // Between the look and the lock.
    expect(await leftAlone(), "just written into").toEqual([false, false, false]);
    await life.pass(id, 120);
    expect(await leftAlone(), "unanswered, its turn open").toEqual([false, false, false]);
    await life.reply(id);
    await life.within((ws) => setStatus(ws, { conversationId: id, status: "pending" }));
    await life.pass(id, 120);
    expect(await leftAlone(), "awaits a person").toEqual([false, false, false]);
    await life.answer(id, "That was all, then.");
    await life.pass(id, 120);
    expect(await due(id)).toBe(true);
    expect(await close(id)).toBe(true);
  });

  it("of before it was kept who waits is found out, and then not looked at again", async () => {
    await life.rule({ autoResolve: { afterMinutes: 60 } });
    const id = await begun();
    await life.within((ws) => takeOver(ws, id, life.asMia));
    await life.pass(id, 61);
    await life.within(({ tx }) => tx.update(conversation).set({ waitingSince: null }).where(eq(conversation.id, id)));
    expect(await due(id)).toBe(true);
    expect(await close(id)).toBe(false);
    expect(await due(id)).toBe(false);
    expect(await life.row(id)).toMatchObject({ status: "open", waitingSince: expect.any(String) });
  });
});

describe("the rating of a resolution", () => {
  const say = (input: object) => life.within((ws) => rate(ws, rateEitherInput.parse(input), life.accountId));

  it("is asked for where the channel says so, and given once for each time that it was resolved", async () => {
    await life.rule({ csat: { enabled: true, message: "How did we do?" } });
    const conversationId = await begun();
    await expect(say({ conversationId, score: 5 })).rejects.toMatchObject({ reason: "invalid_state" });
    await resolve(conversationId);
    expect(await told(conversationId)).toContain("system: How did we do?");
    expect((await life.events(conversationId)).at(-1)).toMatchObject({ type: "conversation.updated", csat: { resolution: 1 } });
    const given = await Promise.all([1, 2, 3].map(() => say({ conversationId, score: 4, comment: "Quick" })));
    expect(given.map(({ comment }) => comment)).toEqual(["Quick", "Quick", "Quick"]);
    await expect(say({ conversationId, score: 1 })).rejects.toMatchObject({ reason: "conflict" });
    await life.write(conversationId, "It broke again.");
    await expect(say({ conversationId, score: 1 })).rejects.toMatchObject({ reason: "invalid_state" });
    await resolve(conversationId);
    expect(await say({ conversationId, score: 1 })).toMatchObject({ of: "resolution", resolution: 2, score: 1, comment: null });
    const rows = await life.within(({ tx }) => tx.select().from(csat).where(eq(csat.conversationId, conversationId)));
    expect(rows.map(({ resolution, score }) => [resolution, score]).sort()).toEqual([
      [1, 4],
      [2, 1],
    ]);
    expect(await life.within((ws) => getConversation(ws, conversationId))).toMatchObject({ csat: { resolution: 2, score: 1 } });
    expect((await life.events(conversationId)).filter(({ reason }) => reason === "rated")).toHaveLength(2);
  });

  it("is nobody else's business, and only from one to five", async () => {
    const conversationId = await resolved();
    expect((await life.events(conversationId)).some((event) => "csat" in event)).toBe(false);
    const stranger = await scene.found("stranger");
    await expect(scene.inWorkspace(stranger.workspaceId, (ws) => rate(ws, { conversationId, score: 5 }, null))).rejects.toMatchObject({
      reason: "not_found",
    });
    for (const score of [0, 6, 2.5]) expect(rateEitherInput.safeParse({ conversationId, score }).success).toBe(false);
    const places = (input: object) => rateEitherInput.safeParse(input).error?.issues.map(({ path }) => path.join("."));
    expect(places({ conversationId })).toEqual(["messageId", "rating"]);
    expect(places({ conversationId, messageId: conversationId, score: 3 })).toEqual(["messageId"]);
  });
});
