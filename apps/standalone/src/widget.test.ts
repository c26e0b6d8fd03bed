/** The widget as a web page uses it: over the real server, by HTTP and by socket, beside the people of the shop. */
import { createHmac } from "node:crypto";
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import { type AxonClient, createAxonClient } from "@axon/client/client";
import type { OpenedWidget, VisitorEvent } from "@axon/contracts/widget";
import { answers } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { type Cable, openCable } from "./cable.fixture.ts";
import { returns, teach } from "./reading.fixture.ts";
import { call } from "./wire.fixture.ts";

interface Channel {
  id: string;
  publicKey: string;
  identitySecret: string;
}
type Opening = Omit<Parameters<AxonClient["api"]["widget"]["open"]["mutate"]>[0], "publicKey">;
interface Seen {
  id: string;
  event: VisitorEvent;
}
/** One tab with the widget in it. */
interface Tab {
  client: AxonClient;
  opened: OpenedWidget;
  seen: Seen[];
  /** What the server said when it ended the stream. */
  ended: Promise<unknown>;
  unsubscribe(): void;
}

let fake: FakeOpenAi;
let app: App;
let shop: Owner;
let agentId: string;
let channel: Channel;
/** Closed after each test. */
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  fake = await createFakeOpenAi();
  const { apiKey, baseUrl } = fake;
  const provider = createOpenAiProvider({ apiKey, baseUrl, model: "gpt-4o", embeddingModel: "text-embedding-3-small" });
  app = await openApp({ servers: 2, provider });
  shop = await app.found("shop");
  await teach(shop.client, "Returns", returns.document);
  agentId = (await shop.client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0, greeting: "Hi!" })).id;
  channel = await newChannel();
}, 180_000);
afterAll(async () => {
  await app.close();
  await fake.close();
});
beforeEach(() => fake.reset());
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

async function newChannel(): Promise<Channel> {
  const made = await shop.client.api.channels.create.mutate({ kind: "web", name: "Shop", agentId });
  return { id: made.id, publicKey: made.publicKey ?? "", identitySecret: made.identitySecret ?? "" };
}

const open = (input: Opening = {}, at = channel) => app.stranger().api.widget.open.mutate({ publicKey: at.publicKey, ...input });
const signed = (userId: string) => ({
  identity: { userId, hmac: createHmac("sha256", channel.identitySecret).update(userId).digest("hex") },
});

function clientOf(token: string, url = app.url): AxonClient {
  const client = createAxonClient({ url, token });
  opened.push(client);
  return client;
}

/** Opens the widget in a tab and listens, from where the widget stands. */
async function openTab(input: Opening = {}, { url, at = channel }: { url?: string; at?: Channel } = {}): Promise<Tab> {
  const widget = await open(input, at);
  return listen(widget, clientOf(widget.visitorToken, url));
}

function listen(widget: OpenedWidget, client: AxonClient): Tab {
  const seen: Seen[] = [];
  let unsubscribe = () => {};
  const ended = new Promise<unknown>((resolve) => {
    const { lastEventId } = widget;
    const observer = {
      onData: ({ id, data }: { id: string; data: VisitorEvent }) => void seen.push({ id, event: data }),
      onError: resolve,
    };
    ({ unsubscribe } = client.api.widget.onMessages.subscribe({ lastEventId }, observer));
  });
  return { client, opened: widget, seen, ended, unsubscribe: () => unsubscribe() };
}

const said = ({ seen }: Tab) =>
  seen.flatMap(({ event }) => (event.type === "message.created" ? `${event.message.author.kind}: ${event.message.text}` : []));
const pieces = ({ seen }: Tab) => seen.flatMap(({ event }) => (event.type === "reply.delta" ? [event] : []));
const wait = { timeout: 30_000, interval: 20 };
const untilAnswered = (tab: Tab, times = 1) =>
  expect.poll(() => tab.seen.filter(({ event }) => event.type === "reply.completed").length, wait).toBe(times);

describe("a visitor", () => {
  it("asks, watches the answer being written in two tabs at two servers, and finds it again after a reload", async () => {
    fake.when(() => true, answers(returns.longAnswer, { pieceChars: 24, delayMs: 10 }));
    const first = await openTab(signed("two-tabs"));
    expect(first.opened).toMatchObject({ agent: { name: "Ada", greeting: "Hi!" }, conversation: null });
    // Listening before there is anything to hear.
    const second = await openTab(signed("two-tabs"), { url: app.urls[1] ?? "" });
    const sent = await first.client.api.widget.send.mutate({ text: returns.question, clientMessageId: "m1" });
    for (const tab of [first, second]) {
      await untilAnswered(tab);
      expect(said(tab)).toEqual([`contact: ${returns.question}`, `ai: ${returns.longAnswer}`]);
      expect(
        pieces(tab)
          .map(({ text }) => text)
          .join(""),
      ).toBe(returns.longAnswer);
      expect(pieces(tab).map(({ index }) => index)).toEqual(pieces(tab).map((_, index) => index));
      expect(pieces(tab).length).toBeGreaterThan(10);
    }
    const again = await open({ visitorToken: first.opened.visitorToken, ...signed("two-tabs") });
    expect(again.conversation?.id).toBe(sent.conversation.id);
    expect(again.messages.items.map(({ text }) => text)).toEqual([returns.longAnswer, returns.question]);
    expect(again.lastEventId).toBe(first.seen.at(-1)?.id);
    expect(await second.client.api.widget.history.query()).toEqual(again.messages);
    const [listed] = (await shop.client.api.conversations.list.query({ limit: 1 })).items;
    expect(listed).toMatchObject({
      id: sent.conversation.id,
      channel: { id: channel.id, kind: "web" },
      contact: { externalId: "two-tabs" },
    });
  });

  it("whose connection breaks in the middle of an answer misses nothing and gets nothing twice", async () => {
    fake.when(() => true, answers(returns.longAnswer, { pieceChars: 24, delayMs: 60 }));
    const cable: Cable = await openCable(app.url);
    opened.push(cable);
    const tab = await openTab({}, { url: cable.url });
    await tab.client.api.widget.send.mutate({ text: returns.question });
    for (const pieceCount of [3, 12]) {
      await expect.poll(() => pieces(tab).length, wait).toBeGreaterThan(pieceCount);
      expect(cable.cut()).toBeGreaterThan(0);
    }
    await untilAnswered(tab);
    expect(
      pieces(tab)
        .map(({ text }) => text)
        .join(""),
    ).toBe(returns.longAnswer);
    expect(said(tab)).toEqual([`contact: ${returns.question}`, `ai: ${returns.longAnswer}`]);
    expect(new Set(tab.seen.map(({ id }) => id)).size).toBe(tab.seen.length);
    // From any place, as a page does that was closed meanwhile.
    const middle = tab.seen.findIndex(({ event }) => event.type === "message.created");
    const later = listen({ ...tab.opened, lastEventId: tab.seen[middle]?.id ?? "" }, clientOf(tab.opened.visitorToken));
    await untilAnswered(later);
    expect(said(later)).toEqual([`ai: ${returns.longAnswer}`]);
  });

  it("talks to a person in the same window, and is shown nothing of what goes on behind the counter", async () => {
    const tab = await openTab();
    const { conversation } = await tab.client.api.widget.send.mutate({ text: returns.question });
    await untilAnswered(tab);
    expect((await tab.client.api.widget.requestHuman.mutate()).conversation.status).toBe("pending");
    await shop.client.api.conversations.send.mutate({ conversationId: conversation.id, text: "Ben here.", as: "member" });
    await expect.poll(() => said(tab).at(-1), wait).toBe("member: Ben here.");
    expect(tab.seen.map(({ event }) => event.type)).toContain("conversation.updated");
    const { user } = await shop.client.api.auth.me.query();
    const shown = JSON.stringify([tab.seen, tab.opened, await tab.client.api.widget.history.query()]);
    for (const hidden of ["confidence", "trace", "turnId", "documentId", "chunkId", "visibility", "customer_asked", "workspaceId"])
      expect(shown).not.toContain(hidden);
    for (const id of [user.id, agentId, shop.workspaceId, channel.id]) expect(shown).not.toContain(id);
    // What the shop sees of the same conversation does hold them: the words above are not absent by chance.
    const inside = JSON.stringify([
      await shop.client.api.conversations.get.query({ conversationId: conversation.id }),
      await shop.client.api.conversations.messages.list.query({ conversationId: conversation.id }),
    ]);
    for (const known of [user.id, agentId, channel.id, "confidence", "chunkId", "customer_asked"]) expect(inside).toContain(known);
  });

  it("is out within two seconds when the channel is taken down, listening or not", async () => {
    const at = await newChannel();
    const tab = await openTab({}, { at });
    await tab.client.api.widget.send.mutate({ text: "Hello" });
    await expect.poll(() => said(tab).length, wait).toBeGreaterThan(0);
    await shop.client.api.channels.delete.mutate({ channelId: at.id });
    const deleted = performance.now();
    await expect(tab.client.api.widget.send.mutate({ text: "Still there?" })).rejects.toMatchObject({ data: { reason: "unauthorized" } });
    expect(await tab.ended).toMatchObject({ data: { reason: "unauthorized" } });
    expect(performance.now() - deleted).toBeLessThan(10_000); // Two seconds, on a machine that has nothing else to do.
    await expect(open({}, at)).rejects.toMatchObject({ data: { reason: "not_found" } });
  });

  it("who was anonymous is out of the stream once their contact has a name", async () => {
    const anonymous = await openTab();
    await anonymous.client.api.widget.send.mutate({ text: "Hello" });
    const known = await open({ visitorToken: anonymous.opened.visitorToken, ...signed("now-known") });
    expect(known.visitorId).toBe(anonymous.opened.visitorId);
    expect(await anonymous.ended).toMatchObject({ data: { reason: "unauthorized" } });
  });
});

describe("a visitor's token", () => {
  it("opens nothing of the staff's, with or without the workspace's name, and staff's opens no widget", async () => {
    const { visitorToken } = await open();
    for (const workspaceId of [undefined, shop.workspaceId]) {
      for (const [kind, path, input] of [
        ["query", "auth.me", undefined],
        ["query", "conversations.list", {}],
        ["query", "channels.list", {}],
        ["mutation", "agents.create", { name: "Mine" }],
        ["subscription", "conversations.onWorkspace", {}],
      ] as const)
        expect(await call(app.url, kind, path, input, { token: visitorToken, workspaceId })).toMatchObject({ code: "UNAUTHORIZED" });
    }
    const key = (await shop.client.api.workspaces.apiKeys.create.mutate({ name: "key" })).secret ?? "";
    for (const token of [shop.token, key, undefined]) {
      for (const [kind, path, input] of [
        ["query", "widget.history", {}],
        ["mutation", "widget.send", { text: "Hello" }],
        ["mutation", "widget.requestHuman", {}],
        ["subscription", "widget.onMessages", {}],
      ] as const)
        expect(await call(app.url, kind, path, input, { token, workspaceId: shop.workspaceId })).toMatchObject({ code: "UNAUTHORIZED" });
    }
  });

  it("shows one visitor nothing of another of the same shop, whatever the input names", async () => {
    const [victim, spy] = [await openTab(), await openTab()];
    const { conversation } = await victim.client.api.widget.send.mutate({ text: `${returns.question} My card number is 4711.` });
    await untilAnswered(victim);
    const { visitorId } = victim.opened;
    const token = spy.opened.visitorToken;
    const place = victim.seen.find(({ event }) => event.type === "reply.delta")?.id ?? "";
    expect(place).not.toBe("");
    for (const named of [
      { conversationId: conversation.id },
      { visitorId },
      { contactId: visitorId, lastEventId: "0" },
      { lastEventId: place },
    ]) {
      for (const [kind, path] of [
        ["query", "widget.history"],
        ["subscription", "widget.onMessages"],
      ] as const) {
        const answer = await call(app.url, kind, path, named, { token });
        for (const theirs of ["4711", conversation.id, visitorId]) expect(answer.text).not.toContain(theirs);
      }
    }
    await call(app.url, "mutation", "widget.send", { text: "Spy", conversationId: conversation.id }, { token });
    expect((await victim.client.api.widget.history.query()).items.map(({ text }) => text)).not.toContain("Spy");
    expect(said(spy)).toEqual(["contact: Spy"]);
  });

  it("is taken over a socket from anybody's page, on which nobody is anything but a visitor", async () => {
    const { visitorToken } = await open();
    const ask = (path: string, token: string, procedure: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(`${app.url.replace(/^http/, "ws")}${path}?connectionParams=1`, { origin: "https://anybody.example" });
        opened.push({ close: async () => socket.close() });
        socket.on("error", reject);
        socket.on("open", () => {
          socket.send(JSON.stringify({ method: "connectionParams", data: { token, workspaceId: shop.workspaceId } }));
          socket.send(JSON.stringify({ id: 1, method: "query", params: { path: procedure, input: {} } }));
        });
        socket.on("message", (data) => (String(data).startsWith("{") ? resolve(String(data)) : undefined));
      });
    expect(JSON.parse(await ask("/trpc/widget", visitorToken, "widget.history"))).toMatchObject({ result: { data: { items: [] } } });
    expect(JSON.parse(await ask("/trpc/widget", shop.token, "conversations.list"))).toMatchObject({
      error: { data: { reason: "unauthorized" } },
    });
    await expect(ask("/trpc", visitorToken, "widget.history")).rejects.toThrow("403");
  });

  it("is taken from any page where the channel names none, and over REST", async () => {
    const preflight = await fetch(`${app.url}/trpc/widget.open`, {
      method: "OPTIONS",
      headers: {
        origin: "https://anybody.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    const post = (path: string, body: object, headers: Record<string, string> = {}) =>
      fetch(`${app.url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: "https://anybody.example", ...headers },
        body: JSON.stringify(body),
      });
    const answer = await post("/v1/widget/open", { publicKey: channel.publicKey });
    expect(answer.status).toBe(200);
    const { visitorToken } = (await answer.json()) as OpenedWidget; // safe: the route's own output
    const sent = await post("/v1/widget/messages", { text: "Hello" }, { authorization: `Bearer ${visitorToken}` });
    expect({ status: sent.status, body: await sent.json() }).toMatchObject({ status: 201, body: { message: { text: "Hello" } } });
    await shop.client.api.channels.update.mutate({ channelId: channel.id, settings: { allowedOrigins: ["https://shop.example"] } });
    const refused = await post("/v1/widget/open", { publicKey: channel.publicKey });
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 403,
      body: { error: { reason: "origin_not_allowed" } },
    });
    await shop.client.api.channels.update.mutate({ channelId: channel.id, settings: { allowedOrigins: [] } });
  });
});
