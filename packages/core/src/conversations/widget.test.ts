import { createHmac } from "node:crypto";
import type { OpenedWidget } from "@axon/contracts/widget";
import { visitorMessagesPerAddressPerMinute, visitorMessagesPerMinute, visitsPerAddressPerMinute } from "@axon/contracts/widget";
import { newId } from "@axon/db/ids";
import { contact, conversation, message } from "@axon/db/schema/conversations";
import { workspace } from "@axon/db/schema/workspaces";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVisitorTokens } from "../auth/index.ts";
import { admitVisitor, createChannel, deleteChannel, rotateIdentitySecret, updateChannel, type Visitor } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  countVisitorMessage,
  getConversation,
  openWidget,
  requestHuman,
  sendAsVisitor,
  sendMessage,
  startConversation,
  visitorHistory,
  type WidgetDeps,
} from "./index.ts";
import { quickAgent } from "./stage.fixture.ts";

/** A shop with its widget, and the hands of a visitor. */
interface Shop {
  workspaceId: string;
  agentId: string;
  channelId: string;
  publicKey: string;
  identitySecret: string;
}
type Opening = Partial<Parameters<typeof openWidget>[1]>;

let scene: Scene;
let deps: WidgetDeps;
let shop: Shop;
let neighbour: Shop;

beforeAll(async () => {
  scene = await openScene();
  const { database, inWorkspace, auth } = scene;
  const tokens = await createVisitorTokens({ secrets: ["v".repeat(32)] });
  deps = { database, inWorkspace, limits: auth.limits, sealer: auth.sealer, tokens };
  [shop, neighbour] = [await newShop("shop"), await newShop("neighbour")];
});
afterAll(() => scene.close());

async function newShop(name: string, workspace?: string): Promise<Shop> {
  const workspaceId = workspace ?? (await scene.found(name)).workspaceId;
  const { id: agentId } = await quickAgent(scene, workspaceId, { greeting: "Hello there" });
  const made = await scene.inWorkspace(workspaceId, (ws) => createChannel(ws, deps.sealer, { kind: "web", name, agentId, settings: {} }));
  return { workspaceId, agentId, channelId: made.id, publicKey: made.publicKey ?? "", identitySecret: made.identitySecret ?? "" };
}

let addresses = 0;
const open = ({ publicKey }: Pick<Shop, "publicKey">, input: Opening = {}, origin: string | null = null) =>
  openWidget(deps, { publicKey, ...input }, { ip: `10.1.0.${++addresses}`, origin });
const sign = ({ identitySecret }: Shop, userId: string) => createHmac("sha256", identitySecret).update(userId).digest("hex");
const signed = (at: Shop, userId: string, about: { name?: string; email?: string } = {}) => ({
  identity: { userId, hmac: sign(at, userId), ...about },
});
/** What a visitor procedure does with a token: let in and act in one transaction. */
async function as<Result>(token: string, verb: (ws: WorkspaceCtx, who: Visitor) => Promise<Result>, origin: string | null = null) {
  const claims = await deps.tokens.verify(token);
  return scene.inWorkspace(claims.workspaceId, async (ws) => verb(ws, await admitVisitor(ws, claims, origin)));
}
const say = ({ visitorToken }: OpenedWidget, text: string, clientMessageId?: string) =>
  as(visitorToken, (ws, who) => sendAsVisitor(ws, who, { text, clientMessageId }));
const read = async ({ visitorToken }: OpenedWidget) =>
  (await as(visitorToken, (ws, who) => visitorHistory(ws, who, { limit: 50 }))).items.map(({ text }) => text);
const contactOf = (at: Shop, id: string) =>
  scene.inWorkspace(at.workspaceId, async ({ tx }) => (await tx.select().from(contact).where(eq(contact.id, id)))[0]);
const count = (at: Shop, table: typeof contact | typeof conversation | typeof message) =>
  scene.inWorkspace(at.workspaceId, ({ tx }) => tx.$count(table));

describe("opening the widget", () => {
  it("makes a new visitor, who sees the agent's face and nothing yet", async () => {
    const opened = await open(shop, { page: { url: "https://shop.example/cart?token=secret#x" } });
    expect(opened).toMatchObject({
      agent: { name: "Ada", greeting: "Hello there", canRequestHuman: true },
      conversation: null,
      messages: { items: [], nextCursor: null },
      lastEventId: "0",
    });
    expect(await contactOf(shop, opened.visitorId)).toMatchObject({
      externalId: null,
      verifiedAt: null,
      page: "https://shop.example/cart",
    });
  });

  it("knows who comes back by the token, and by nothing else", async () => {
    const first = await open(shop);
    await say(first, "Is it open on Sunday?");
    const back = await open(shop, { visitorToken: first.visitorToken });
    expect(back).toMatchObject({ visitorId: first.visitorId, conversation: { status: "open", handler: "ai" } });
    expect(back.messages.items.map(({ text }) => text)).toEqual(["Is it open on Sunday?"]);
    const guessed = await open(shop, { visitorId: first.visitorId });
    expect(guessed.visitorId).not.toBe(first.visitorId);
    expect(guessed).toMatchObject({ conversation: null, messages: { items: [] } });
  });

  it("takes a token of another channel, another workspace or nobody for none", async () => {
    const first = await open(shop);
    await say(first, "Mine");
    const sister = await newShop("sister", shop.workspaceId);
    const brief = await createVisitorTokens({ secrets: ["v".repeat(32)], ttlSeconds: -60 });
    const { contactId, channelId, workspaceId, identityVersion } = await deps.tokens.verify(first.visitorToken);
    const expired = (await brief.sign({ contactId, channelId, workspaceId, identityVersion })).token;
    for (const [at, visitorToken] of [
      [sister, first.visitorToken],
      [neighbour, first.visitorToken],
      [shop, expired],
      [shop, "made.up.token"],
    ] as const) {
      const opened = await open(at, { visitorToken });
      expect(opened.visitorId).not.toBe(first.visitorId);
      expect(opened.messages.items).toEqual([]);
    }
  });

  it("is refused for a key that nobody has, and for a page that is not on the list", async () => {
    await expect(open({ publicKey: "axw_unknown" })).rejects.toMatchObject({ reason: "not_found" });
    const strict = await newShop("strict");
    await scene.inWorkspace(strict.workspaceId, (ws) =>
      updateChannel(ws, { channelId: strict.channelId, settings: { allowedOrigins: ["https://shop.example"] } }),
    );
    for (const origin of ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null", null])
      await expect(open(strict, {}, origin)).rejects.toMatchObject({ reason: "origin_not_allowed" });
    const before = await count(strict, contact);
    const opened = await open(strict, {}, "https://shop.example");
    expect(await count(strict, contact)).toBe(before + 1);
    await expect(as(opened.visitorToken, async () => null, "https://evil.example")).rejects.toMatchObject({ reason: "origin_not_allowed" });
    await as(opened.visitorToken, async () => null, "https://shop.example");
  });

  it("is refused to an address that opens hundreds in a minute", async () => {
    const from = { ip: "10.9.9.9", origin: null };
    const limit = { name: "widget-open", points: visitsPerAddressPerMinute, seconds: 60 };
    await deps.limits.take(limit, from.ip, visitsPerAddressPerMinute - 1);
    await openWidget(deps, { publicKey: shop.publicKey }, from);
    await expect(openWidget(deps, { publicKey: shop.publicKey }, from)).rejects.toMatchObject({
      reason: "rate_limited",
      details: { retryAfterMs: expect.any(Number) },
    });
  });

  it("counts the addresses of one IPv6 network as one", async () => {
    const limit = { name: "widget-open", points: visitsPerAddressPerMinute, seconds: 60 };
    await deps.limits.take(limit, "2001:db8:7:7", visitsPerAddressPerMinute - 1);
    const open = (ip: string) => openWidget(deps, { publicKey: shop.publicKey }, { ip, origin: null });
    await open("2001:db8:7:7::1");
    await expect(open("2001:db8:7:7:ffff::2")).rejects.toMatchObject({ reason: "rate_limited" });
    await open("2001:db8:7:8::1");
  });
});

describe("a signed identity", () => {
  it("is one contact, also when fifty tabs open at once", async () => {
    const before = await count(shop, contact);
    const opened = await Promise.all(Array.from({ length: 50 }, () => open(shop, signed(shop, "fifty", { name: "Eve" }))));
    expect(new Set(opened.map(({ visitorId }) => visitorId)).size).toBe(1);
    expect(await count(shop, contact)).toBe(before + 1);
    expect(await contactOf(shop, opened[0]?.visitorId ?? "")).toMatchObject({
      externalId: "fifty",
      name: "Eve",
      verifiedAt: expect.any(String),
    });
  });

  it("that is not signed, or signed for another or by another shop, is refused and leaves nothing", async () => {
    const [contacts, hmac] = [await count(shop, contact), sign(shop, "u1")];
    for (const identity of [
      { userId: "u2", hmac },
      { userId: "u1", hmac: sign(neighbour, "u1") },
      { userId: "u1", hmac: "0".repeat(64) },
      { userId: "u1", hmac: hmac.slice(0, 63) },
      { userId: "u1 ", hmac },
    ])
      await expect(open(shop, { identity })).rejects.toMatchObject({ reason: "identity_invalid" });
    expect(await count(shop, contact)).toBe(contacts);
  });

  it("gives the anonymous visitor a name, who goes on where they were; their old token is worth nothing then", async () => {
    const anonymous = await open(shop);
    await say(anonymous, "Where is my parcel?");
    const known = await open(shop, { visitorToken: anonymous.visitorToken, ...signed(shop, "goes-on", { email: "eve@example.com" }) });
    expect(known.visitorId).toBe(anonymous.visitorId);
    expect(await read(known)).toEqual(["Where is my parcel?"]);
    await say(known, "My order is 7");
    await expect(read(anonymous)).rejects.toMatchObject({ reason: "unauthorized" });
    expect((await open(shop, { visitorToken: anonymous.visitorToken })).visitorId).not.toBe(known.visitorId);
    expect((await open(shop, { visitorToken: known.visitorToken })).visitorId).toBe(known.visitorId);
  });

  it("that has a contact is that one, whoever the token named, on every device", async () => {
    const phone = await open(shop, signed(shop, "devices"));
    await say(phone, "From the phone");
    const anonymous = await open(shop);
    await say(anonymous, "Who am I?");
    const laptop = await open(shop, { visitorToken: anonymous.visitorToken, ...signed(shop, "devices") });
    expect(laptop.visitorId).toBe(phone.visitorId);
    expect(await read(laptop)).toEqual(["From the phone"]);
    expect(await read(anonymous)).toEqual(["Who am I?"]);
    const other = await open(shop, { visitorToken: laptop.visitorToken, ...signed(shop, "devices-2") });
    expect(other.visitorId).not.toBe(laptop.visitorId);
    expect(await read(other)).toEqual([]);
  });

  it("finds the contact that the API has made, and does not overwrite what the API said of them", async () => {
    const { conversation: made } = await scene.inWorkspace(shop.workspaceId, (ws) =>
      startConversation(
        ws,
        { agentId: shop.agentId, text: "By the API", as: "contact", contact: { externalId: "api-42", name: "Grace" } },
        { as: "contact" },
      ),
    );
    const opened = await open(shop, signed(shop, "api-42", { name: "Mallory", email: "m@example.com" }));
    expect(opened.visitorId).toBe(made.contact.id);
    expect(await contactOf(shop, opened.visitorId)).toMatchObject({ name: "Grace", email: "m@example.com" });
    expect(await read(opened)).toEqual([]);
    await say(opened, "By the widget");
    const listed = await scene.inWorkspace(shop.workspaceId, (ws) => getConversation(ws, made.id));
    expect(listed).toMatchObject({ channel: { kind: "api" }, contact: { verified: true } });
  });

  it("is needed where the channel says so, also by those who are in already", async () => {
    const strict = await newShop("members-only");
    const [anonymous, known] = [await open(strict), await open(strict, signed(strict, "u1"))];
    await scene.inWorkspace(strict.workspaceId, (ws) =>
      updateChannel(ws, { channelId: strict.channelId, settings: { requireIdentity: true } }),
    );
    await expect(open(strict)).rejects.toMatchObject({ reason: "identity_required" });
    await expect(open(strict, { visitorToken: known.visitorToken })).rejects.toMatchObject({ reason: "identity_required" });
    await expect(read(anonymous)).rejects.toMatchObject({ reason: "identity_required" });
    expect(await read(known)).toEqual([]);
    expect((await open(strict, signed(strict, "u1"))).visitorId).toBe(known.visitorId);
  });

  it("ends with the secret that vouched for it", async () => {
    const at = await newShop("rotating");
    const [anonymous, known] = [await open(at), await open(at, signed(at, "u1"))];
    const { identitySecret } = await scene.inWorkspace(at.workspaceId, (ws) => rotateIdentitySecret(ws, deps.sealer, at.channelId));
    await expect(read(known)).rejects.toMatchObject({ reason: "unauthorized" });
    await expect(open(at, signed(at, "u1"))).rejects.toMatchObject({ reason: "identity_invalid" });
    expect(await read(anonymous)).toEqual([]);
    expect((await open(at, signed({ ...at, identitySecret }, "u1"))).visitorId).toBe(known.visitorId);
  });
});

describe("a visitor who writes", () => {
  it("begins one conversation, however many first messages come at once, and goes on in it", async () => {
    const visitor = await open(shop);
    const conversations = await count(shop, conversation);
    const sent = await Promise.all(Array.from({ length: 8 }, (_, number) => say(visitor, `Message ${number}`)));
    expect(new Set(sent.map((one) => one.conversation.id)).size).toBe(1);
    expect(await count(shop, conversation)).toBe(conversations + 1);
    await scene.inWorkspace(shop.workspaceId, ({ tx }) =>
      tx
        .update(conversation)
        .set({ status: "resolved" })
        .where(eq(conversation.id, sent[0]?.conversation.id ?? "")),
    );
    expect((await say(visitor, "One more thing")).conversation).toMatchObject({ id: sent[0]?.conversation.id, status: "open" });
    expect(await read(visitor)).toHaveLength(9);
  });

  it("the same message twice has written it once", async () => {
    const visitor = await open(shop);
    const sent = await Promise.all([1, 2, 3].map(() => say(visitor, "Hello", "m1")));
    expect(new Set(sent.map((one) => one.message.id)).size).toBe(1);
    expect(await read(visitor)).toEqual(["Hello"]);
  });

  it("is told to slow down after twenty messages in a minute, alone", async () => {
    const ip = "10.8.8.8";
    for (let sent = 0; sent < visitorMessagesPerMinute; sent++) await countVisitorMessage(deps, { contactId: "busy", ip });
    await expect(countVisitorMessage(deps, { contactId: "busy", ip })).rejects.toMatchObject({ reason: "rate_limited" });
    await countVisitorMessage(deps, { contactId: "calm", ip });
  });

  it("gains nothing by being many visitors at one address", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: visitorMessagesPerAddressPerMinute + 5 }, (_, n) =>
        countVisitorMessage(deps, { contactId: `one of many ${n}`, ip: `2001:db8:9:9::${n}` }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(5);
    await countVisitorMessage(deps, { contactId: "elsewhere", ip: "2001:db8:9:a::1" });
  });

  it("reads no internal note, and nothing of how the team works", async () => {
    const visitor = await open(shop);
    const { conversation: own } = await say(visitor, "Hello");
    const memberId = newId();
    await scene.inWorkspace(shop.workspaceId, async (ws) => {
      await sendMessage(
        ws,
        { conversationId: own.id, text: "Hi, Ben here", as: "member" },
        { as: "member", accountId: memberId, name: "Ben" },
      );
      await ws.tx.insert(message).values({
        ...{
          workspaceId: shop.workspaceId,
          id: newId(),
          conversationId: own.id,
          seq: 3,
          authorKind: "member" as const,
          authorId: memberId,
        },
        ...{ text: "Difficult customer", visibility: "internal" as const, confidence: 0.123 },
      });
    });
    const opened = await open(shop, { visitorToken: visitor.visitorToken });
    expect(opened.messages.items.map(({ text, author }) => [author.kind, author.name, text])).toEqual([
      ["member", "Ben", "Hi, Ben here"],
      ["contact", undefined, "Hello"],
    ]);
    expect(opened.conversation).toMatchObject({ handler: "member" });
    for (const hidden of [memberId, "Difficult", "confidence", "0.123", shop.workspaceId, shop.agentId])
      expect(JSON.stringify(opened)).not.toContain(hidden);
  });

  it("can read page by page, backwards", async () => {
    const visitor = await open(shop);
    for (const text of ["1", "2", "3", "4", "5"]) await say(visitor, text);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await as(visitor.visitorToken, (ws, who) => visitorHistory(ws, who, { limit: 2, cursor }));
      seen.push(...page.items.map(({ text }) => text));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(["5", "4", "3", "2", "1"]);
  });
});

describe("asking for a person", () => {
  const ask = ({ visitorToken }: OpenedWidget) => as(visitorToken, requestHuman);

  it("makes the conversation wait for one, once however often it is asked", async () => {
    const visitor = await open(shop);
    await expect(ask(visitor)).rejects.toMatchObject({ reason: "invalid_state" });
    const { conversation: own } = await say(visitor, "Hello");
    expect((await ask(visitor)).conversation).toMatchObject({ id: own.id, status: "pending", handler: "ai" });
    const once = await scene.inWorkspace(shop.workspaceId, (ws) => getConversation(ws, own.id));
    expect(once).toMatchObject({ handoff: { reason: "customer_asked" } });
    await Promise.all([ask(visitor), ask(visitor)]);
    expect(await scene.inWorkspace(shop.workspaceId, (ws) => getConversation(ws, own.id))).toEqual(once);
  });

  it("is answered in the agent's words for it, and refused where the agent hands nobody over", async () => {
    const at = await newShop("words");
    const other = await quickAgent(scene, at.workspaceId, {
      handoff: { enabled: true, onLowConfidence: true, onRequest: true, afterFailedTurns: 3, message: "A colleague will be with you." },
    });
    const mute = await quickAgent(scene, at.workspaceId, {
      handoff: { enabled: false, onLowConfidence: true, onRequest: true, afterFailedTurns: 3, message: null },
    });
    const point = (agentId: string) => scene.inWorkspace(at.workspaceId, (ws) => updateChannel(ws, { channelId: at.channelId, agentId }));
    await point(other.id);
    const visitor = await open(at);
    await say(visitor, "Hello");
    await ask(visitor);
    await ask(visitor);
    expect(await read(visitor)).toEqual(["A colleague will be with you.", "Hello"]);
    await point(mute.id);
    const second = await open(at);
    expect(second.agent.canRequestHuman).toBe(false);
    await say(second, "Hello");
    await expect(ask(second)).rejects.toMatchObject({ reason: "invalid_state" });
  });
});

describe("a visit ends", () => {
  it.each(["channel", "workspace", "contact"] as const)("when the %s is gone, from the next call on", async (what) => {
    const at = await newShop("ending");
    const visitor = await open(at);
    await as(visitor.visitorToken, async () => null);
    await scene.inWorkspace(at.workspaceId, async (ws) => {
      if (what === "channel") await deleteChannel(ws, deps.sealer, at.channelId);
      if (what === "workspace") await ws.tx.update(workspace).set({ deletedAt: sql`now()` }).where(eq(workspace.id, at.workspaceId));
      if (what === "contact") await ws.tx.delete(contact).where(eq(contact.id, visitor.visitorId));
    });
    await expect(say(visitor, "Anybody there?")).rejects.toMatchObject({ reason: "unauthorized" });
    expect(await count(at, message)).toBe(0);
    const again = open(at, { visitorToken: visitor.visitorToken });
    if (what === "contact") expect((await again).visitorId).not.toBe(visitor.visitorId);
    else await expect(again).rejects.toMatchObject({ reason: "not_found" });
  });

  it("and no visitor is anybody in another workspace, whatever ids their token is bent to", async () => {
    const mine = await open(shop);
    const theirs = await open(neighbour);
    await say(theirs, "Private");
    const claims = await deps.tokens.verify(mine.visitorToken);
    // Even signed by us: ids of two workspaces together are nobody.
    for (const bent of [
      { ...claims, contactId: theirs.visitorId },
      { ...claims, channelId: neighbour.channelId },
      { ...claims, workspaceId: neighbour.workspaceId },
      { ...claims, workspaceId: neighbour.workspaceId, channelId: neighbour.channelId },
    ]) {
      const { token } = await deps.tokens.sign(bent);
      await expect(as(token, (ws, who) => visitorHistory(ws, who, { limit: 50 }))).rejects.toMatchObject({ reason: "unauthorized" });
    }
  });
});
