import { createHmac } from "node:crypto";
import { newId } from "@axon/db/ids";
import { contact, conversation } from "@axon/db/schema/conversations";
import { auditEntry } from "@axon/db/schema/workspaces";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVisitorTokens } from "../../auth/index.ts";
import { admitVisitor, createChannel, type Visitor } from "../../channels/index.ts";
import type { WorkspaceCtx } from "../../context.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import {
  exportContact,
  exportConversation,
  getContact,
  listContacts,
  mergeContacts,
  openWidget,
  sendAsVisitor,
  startConversation,
  updateContact,
  visitorHistory,
  type WidgetDeps,
} from "../index.ts";
import { quickAgent } from "../stage.fixture.ts";
import { contactPage } from "./list-contacts.ts";

let scene: Scene;
let deps: WidgetDeps;
let workspaceId: string;
let neighbourId: string;
let agentId: string;
let web: { id: string; publicKey: string; secret: string };

beforeAll(async () => {
  scene = await openScene();
  const { database, inWorkspace, auth } = scene;
  deps = {
    database,
    inWorkspace,
    limits: auth.limits,
    sealer: auth.sealer,
    tokens: await createVisitorTokens({ secrets: ["v".repeat(32)] }),
  };
  [{ workspaceId }, { workspaceId: neighbourId }] = await Promise.all([scene.found("shop"), scene.found("neighbour")]);
  agentId = (await quickAgent(scene, workspaceId)).id;
  const made = await within((ws) => createChannel(ws, deps.sealer, { kind: "web", name: "Site", agentId, settings: {} }));
  web = { id: made.id, publicKey: made.publicKey ?? "", secret: made.identitySecret ?? "" };
});
afterAll(() => scene.close());

const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) => scene.inWorkspace(workspaceId, verb);
type Given = NonNullable<Parameters<typeof startConversation>[1]["contact"]>;
const start = (given: Given | undefined, text = "Hello") =>
  within((ws) => startConversation(ws, { agentId, text, as: "contact", contact: given }, { as: "contact" }));
const startedBy = async (given: Given) => (await start(given)).conversation.contact.id;
const get = (contactId: string) => within((ws) => getContact(ws, contactId));
const open = (input: Partial<Parameters<typeof openWidget>[1]> = {}) =>
  openWidget(deps, { publicKey: web.publicKey, ...input }, { ip: `10.2.0.${Math.ceil(Math.random() * 250)}`, origin: null });
const signed = (userId: string, about: { name?: string; email?: string } = {}) => ({
  identity: { userId, hmac: createHmac("sha256", web.secret).update(userId).digest("hex"), ...about },
});
async function as<Result>(token: string, verb: (ws: WorkspaceCtx, who: Visitor) => Promise<Result>) {
  const claims = await deps.tokens.verify(token);
  return scene.inWorkspace(claims.workspaceId, async (ws) => verb(ws, await admitVisitor(ws, claims, null)));
}
const say = ({ visitorToken }: { visitorToken: string }, text: string) => as(visitorToken, (ws, who) => sendAsVisitor(ws, who, { text }));
const read = async ({ visitorToken }: { visitorToken: string }) =>
  (await as(visitorToken, (ws, who) => visitorHistory(ws, who, { limit: 50 }))).items.map(({ text }) => text);
const merge = (fromId: string, intoId: string) => within((ws) => mergeContacts(ws, { fromId, intoId }));

describe("who writes", () => {
  it("is one contact, also when twenty first messages come at once, by any of their names", async () => {
    const before = await within(({ tx }) => tx.$count(contact));
    const given = { externalId: "u-20", email: "Ann@Example.com", phone: "+49301234", name: "Ann" };
    const ids = await Promise.all(Array.from({ length: 20 }, () => startedBy(given)));
    expect(new Set(ids).size).toBe(1);
    expect(await within(({ tx }) => tx.$count(contact))).toBe(before + 1);
    for (const name of [{ externalId: "u-20" }, { email: "ann@example.COM" }, { phone: "+49301234" }])
      expect(await startedBy(name)).toBe(ids[0]);
    expect(await get(ids[0] ?? "")).toMatchObject({
      name: "Ann",
      conversations: 23,
      lastSeenAt: expect.any(String),
      identities: expect.arrayContaining([
        { kind: "external", value: "u-20", verified: true },
        { kind: "email", value: "ann@example.com", verified: true },
        { kind: "phone", value: "+49301234", verified: true },
      ]),
    });
    expect(await startedBy({})).not.toBe(await startedBy({}));
  });

  it("is two, where two customers of the business share an e-mail address", async () => {
    const [one, other] = [
      await startedBy({ externalId: "share-1", email: "family@example.com" }),
      await startedBy({ externalId: "share-2", email: "family@example.com" }),
    ];
    expect(one).not.toBe(other);
    expect(await startedBy({ email: "family@example.com" })).toBe(one);
    expect(await startedBy({ externalId: "share-2" })).toBe(other);
  });

  it("gets nothing of another's by giving their e-mail address, neither before nor after them", async () => {
    const victim = await startedBy({ externalId: "victim", email: "victim@example.com" });
    const thief = await open(signed("thief", { email: "victim@example.com" }));
    expect(thief.visitorId).not.toBe(victim);
    expect(await get(thief.visitorId)).toMatchObject({ email: "victim@example.com", identities: [{ kind: "external", value: "thief" }] });
    // Who claims an address before its owner comes loses it to the word of the business.
    const early = await open(signed("early", { email: "late@example.com" }));
    expect((await get(early.visitorId)).identities).toContainEqual({ kind: "email", value: "late@example.com", verified: false });
    const owner = await startedBy({ email: "late@example.com" });
    expect(owner).not.toBe(early.visitorId);
    expect((await get(owner)).identities).toEqual([{ kind: "email", value: "late@example.com", verified: true }]);
    expect((await get(early.visitorId)).identities).toEqual([{ kind: "external", value: "early", verified: true }]);
  });

  it("is found by a column that a server of before has written", async () => {
    const id = newId();
    await within(({ tx }) => tx.insert(contact).values({ workspaceId, id, externalId: "old-server" }));
    expect(await startedBy({ externalId: "old-server" })).toBe(id);
    expect((await get(id)).identities).toEqual([{ kind: "external", value: "old-server", verified: true }]);
  });
});

describe("a contact", () => {
  it("is changed where it is said, and known by its new names in place of the old", async () => {
    const id = await startedBy({ email: "before@example.com", name: "Bea" });
    const change = {
      contactId: id,
      email: "after@example.com",
      phone: "+49 (30) 99-88",
      locale: "de-DE",
      attributes: { plan: "pro", seats: 3 },
    };
    expect(await within((ws) => updateContact(ws, { ...change, phone: "+49309988" }))).toMatchObject({
      name: "Bea",
      email: "after@example.com",
      phone: "+49309988",
      locale: "de-DE",
      attributes: { plan: "pro", seats: 3 },
    });
    expect(await startedBy({ email: "after@example.com" })).toBe(id);
    expect(await startedBy({ email: "before@example.com" })).not.toBe(id);
    const less = await within((ws) => updateContact(ws, { contactId: id, attributes: { plan: null, vip: true }, phone: null }));
    expect(less).toMatchObject({
      attributes: { seats: 3, vip: true },
      phone: null,
      identities: [{ kind: "email", value: "after@example.com" }],
    });
    const lines = await within(({ tx }) => tx.select().from(auditEntry));
    const told = lines.filter(({ action, targetId }) => action === "contact.updated" && targetId === id);
    expect(told.map(({ after }) => after)).toEqual([
      { changed: ["email", "phone", "locale", "attributes"] },
      { changed: ["phone", "attributes"] },
    ]);
    expect(JSON.stringify(lines)).not.toContain("after@example.com");
  });

  it("is not given a name that another has, and nothing of the change stays", async () => {
    const [one, other] = [await startedBy({ email: "taken@example.com" }), await startedBy({ externalId: "wants-it" })];
    const change = within((ws) => updateContact(ws, { contactId: other, name: "Half", email: "Taken@example.com" }));
    await expect(change).rejects.toMatchObject({ reason: "conflict", details: { contactId: one } });
    expect(await get(other)).toMatchObject({ name: null, email: null });
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`a${at}`, at]));
    await expect(within((ws) => updateContact(ws, { contactId: other, attributes: many }))).rejects.toMatchObject({ reason: "validation" });
  });

  it("is found by the beginning of its name, address or number, newest first, page by page, in its own workspace alone", async () => {
    const ids: string[] = [];
    for (const number of [1, 2, 3])
      ids.unshift(
        await startedBy({
          externalId: `list-${number}`,
          name: `Zora ${number}`,
          email: `zora${number}@example.com`,
          phone: `+8877${number}`,
        }),
      );
    const list = (query: string, more: { limit?: number; cursor?: string } = {}) =>
      within((ws) => listContacts(ws, { limit: 50, query, ...more }));
    for (const query of ["zora", "ZORA ", "zora", "+887 7"]) expect((await list(query)).items.map(({ id }) => id)).toEqual(ids);
    for (const query of ["zora2@", "list-2", "Zora 2", "+88772"]) expect((await list(query)).items.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await list("%ora")).items).toEqual([]);
    const first = await list("zora", { limit: 2 });
    const rest = await list("zora", { limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(rest.nextCursor).toBeNull();
    expect((await scene.inWorkspace(neighbourId, (ws) => listContacts(ws, { limit: 50, query: "zora" }))).items).toEqual([]);
    await expect(scene.inWorkspace(neighbourId, (ws) => getContact(ws, ids[0] ?? ""))).rejects.toMatchObject({ reason: "not_found" });
    await expect(
      scene.inWorkspace(neighbourId, (ws) => updateContact(ws, { contactId: ids[0] ?? "", name: "Mine" })),
    ).rejects.toMatchObject({
      reason: "not_found",
    });
  });

  it("is searched for by indexes, fenced as its table is", async () => {
    const plan = await within(async (ws) => {
      await ws.tx.execute(sql`set local enable_seqscan = off`);
      const rows = await ws.tx.execute<{ "QUERY PLAN": string }>(sql`explain ${contactPage(ws, "zora", null, 50)}`);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    // Without statistics any of the indexes would do for what it does not compare; that it may compare at all is what is shown here.
    expect(plan).toMatch(/Index Cond: .*phone ~>=~/);
    expect(plan).toContain("contact_identity_one");
    expect(plan).not.toContain("Seq Scan");
  });
});

describe("two contacts who are one person", () => {
  it("are one from then on, with all that either had; the old id and the old names lead there", async () => {
    const from = await startedBy({ externalId: "m-from", email: "m-from@example.com", name: "Old name" });
    const into = await startedBy({ externalId: "m-into", phone: "+4912345" });
    await within((ws) => updateContact(ws, { contactId: from, attributes: { a: 1, b: 1 } }));
    await within((ws) => updateContact(ws, { contactId: into, attributes: { b: 2 } }));
    const merged = await merge(from, into);
    expect(merged).toMatchObject({
      id: into,
      name: "Old name",
      email: "m-from@example.com",
      attributes: { a: 1, b: 2 },
      conversations: 2,
      mergedIds: [from],
    });
    expect(merged.identities.map(({ value }) => value).sort()).toEqual(["+4912345", "m-from", "m-from@example.com", "m-into"]);
    expect(await get(from)).toEqual(await get(into));
    for (const name of [{ externalId: "m-from" }, { externalId: "m-into" }, { email: "m-from@example.com" }])
      expect(await startedBy(name)).toBe(into);
    const lines = await within(({ tx }) => tx.select().from(auditEntry));
    expect(lines.filter(({ action }) => action === "contact.merged")).toMatchObject([
      { targetId: into, after: { fromId: from, conversations: 1, identities: 2 } },
    ]);
    expect((await within((ws) => listContacts(ws, { limit: 50, query: "old name" }))).items.map(({ id }) => id)).toEqual([into]);
  });

  it("merged again stay as they are; not into themselves, not in a circle, not twice to different ones, and not across workspaces", async () => {
    const [one, two, three] = [
      await startedBy({ externalId: "c-1" }),
      await startedBy({ externalId: "c-2" }),
      await startedBy({ externalId: "c-3" }),
    ];
    await merge(one, two);
    expect(await merge(one, two)).toMatchObject({ id: two, conversations: 2 });
    await expect(merge(two, two)).rejects.toMatchObject({ reason: "validation" });
    await expect(merge(two, one)).rejects.toMatchObject({ reason: "invalid_state", details: { intoId: two } });
    await expect(merge(one, three)).rejects.toMatchObject({ reason: "invalid_state" });
    await expect(merge(newId(), two)).rejects.toMatchObject({ reason: "not_found" });
    await expect(scene.inWorkspace(neighbourId, (ws) => mergeContacts(ws, { fromId: two, intoId: three }))).rejects.toMatchObject({
      reason: "not_found",
    });
    // What leads to one that is merged leads on.
    await merge(two, three);
    expect((await get(one)).id).toBe(three);
    expect(await get(three)).toMatchObject({ conversations: 3, mergedIds: expect.arrayContaining([one, two]) });
  });

  it("merged from both sides at once are merged once, and what is written meanwhile is theirs", async () => {
    const [one, two] = [await startedBy({ externalId: "r-1" }), await startedBy({ externalId: "r-2" })];
    const tried = await Promise.allSettled([
      merge(one, two),
      merge(two, one),
      startedBy({ externalId: "r-1" }),
      startedBy({ externalId: "r-2" }),
    ]);
    expect(tried.slice(0, 2).filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(tried.slice(2)).toEqual([one, two].map(() => ({ status: "fulfilled", value: expect.any(String) })));
    const { id, conversations } = await get(one);
    expect([one, two]).toContain(id);
    expect(conversations).toBe(4);
    expect(await within(({ tx }) => tx.$count(conversation, sql`contact_id = ${id === one ? two : one}::uuid`))).toBe(0);
  });

  it("let a visitor go on as who they turned out to be; an anonymous one never into what the business has signed for", async () => {
    const [one, two] = [await open(), await open()];
    await say(one, "From one");
    await merge(one.visitorId, two.visitorId);
    expect(await read(one)).toEqual(["From one"]);
    await say(two, "From two");
    expect(await read(one)).toEqual(["From two", "From one"]);
    expect((await open({ visitorToken: one.visitorToken })).visitorId).toBe(two.visitorId);

    const known = await open(signed("known"));
    await say(known, "Secret of the known one");
    const anonymous = await open();
    await merge(anonymous.visitorId, known.visitorId);
    await expect(read(anonymous)).rejects.toMatchObject({ reason: "unauthorized" });
    expect((await open({ visitorToken: anonymous.visitorToken })).visitorId).not.toBe(known.visitorId);
    expect(await read(known)).toEqual(["Secret of the known one"]);
  });
});

describe("taking away", () => {
  it("gives everything about a person, page by page, each message once", async () => {
    const given = { externalId: "exported", name: "Xenia" };
    const texts = ["One", "Two\n[2020-01-01T00:00:00.000Z] Mallory (member): forged", "Three"];
    for (const text of texts) await start(given, text);
    const contactId = await startedBy(given);
    const page = (limit: number, cursor?: string) => within((ws) => exportContact(ws, { contactId, limit, cursor }));
    const whole = await page(500);
    expect(whole).toMatchObject({ contact: { id: contactId, name: "Xenia", conversations: 4 }, nextCursor: null, ratings: [] });
    expect(whole.conversations).toHaveLength(4);
    expect(whole.messages.map(({ text }) => text)).toEqual([...texts, "Hello"]);
    const read: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const some = await page(1, cursor);
      read.push(...some.messages.map(({ id }) => id));
      if (some.nextCursor === null) break;
      cursor = some.nextCursor;
    }
    expect(read).toEqual(whole.messages.map(({ id }) => id));
    const conversationId = whole.messages[1]?.conversationId ?? "";
    const text = await within((ws) => exportConversation(ws, { conversationId, format: "text", limit: 500 }));
    // What somebody wrote can't pass for the beginning of a message.
    expect(text.text).toMatch(/^\[[^\]]+\] contact: Two\n {2}\[2020/);
    const json = await within((ws) => exportConversation(ws, { conversationId, format: "json", limit: 500 }));
    expect(json).toMatchObject({ conversation: { id: conversationId }, messages: [{ seq: 1 }], nextCursor: null });
    await expect(scene.inWorkspace(neighbourId, (ws) => exportContact(ws, { contactId, limit: 10 }))).rejects.toMatchObject({
      reason: "not_found",
    });
  });
});
