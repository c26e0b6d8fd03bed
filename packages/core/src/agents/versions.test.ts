import { createAgentInput, publishAgentInput, updateAgentInput } from "@axon/contracts/agents";
import { newId } from "@axon/db/ids";
import { agent, agentVersion } from "@axon/db/schema/agents";
import { channel } from "@axon/db/schema/conversations";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { createSource } from "../knowledge/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  archiveAgent,
  attachKnowledge,
  createAgent,
  detachKnowledge,
  duplicateAgent,
  getAgent,
  getVersion,
  listVersions,
  type PublishGate,
  publishAgent,
  readAgent,
  readAgentAt,
  restoreVersion,
  updateAgent,
} from "./index.ts";

let scene: Scene;
let workspaceId: string;
let otherId: string;
let accountId: string;
const defaults = { confidenceThreshold: 0.62 };
const open: PublishGate = async () => {};

beforeAll(async () => {
  scene = await openScene();
  otherId = (await scene.found("other")).workspaceId;
});
afterAll(() => scene.close());
beforeEach(async () => {
  ({ workspaceId, accountId } = await scene.found("owner"));
});

const within = <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>, workspace = workspaceId) => scene.inWorkspace(workspace, verb);
const create = (input: object = {}) =>
  within((ws) => createAgent(ws, createAgentInput.parse({ name: "Ada", ...input }), accountId, defaults));
const update = (agentId: string, input: object) => within((ws) => updateAgent(ws, updateAgentInput.parse({ agentId, ...input }), defaults));
const publish = (agentId: string, input: object = {}, gate = open, workspace = workspaceId) =>
  within((ws) => publishAgent(ws, publishAgentInput.parse({ agentId, ...input }), { by: accountId, defaults, gate }), workspace);
const get = (agentId: string) => within((ws) => getAgent(ws, agentId, defaults));
const restore = (agentId: string, version: number, more: object = {}, workspace = workspaceId) =>
  within((ws) => restoreVersion(ws, { agentId, version, ...more }, accountId, defaults), workspace);
const versions = (agentId: string, input: { limit?: number; cursor?: string } = {}, workspace = workspaceId) =>
  within((ws) => listVersions(ws, { agentId, limit: 50, ...input }), workspace);
const refused = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof Refusal ? error.reason : error),
  );
const source = () => within((ws) => createSource(ws, { kind: "text", name: "Shelf" })).then(({ id }) => id);

describe("publishing", () => {
  it("makes the draft the live version, with who did it and why", async () => {
    const { id } = await create();
    await update(id, { name: "Bea", systemPrompt: "Never hand over to a human." });
    const published = await publish(id, { note: "Warmer" });
    expect(published).toMatchObject({ name: "Bea", version: 2, hasDraft: false, draft: null, warnings: [{ rule: "no_handoff" }] });
    expect((await versions(id)).items).toMatchObject([
      { version: 2, live: true, note: "Warmer", restoredFrom: null, createdBy: accountId },
      { version: 1, live: false, note: null },
    ]);
    expect(await within((ws) => getVersion(ws, { agentId: id, version: 1 }))).toMatchObject({ live: false, settings: { name: "Ada" } });
  });

  it("of nothing changes nothing, and twice is once", async () => {
    const made = await create();
    expect(await publish(made.id)).toEqual({ ...made, warnings: [] });
    await update(made.id, { name: "Bea" });
    const first = await publish(made.id, { idempotencyKey: "k" });
    await update(made.id, { name: "Cora" });
    expect(await publish(made.id, { idempotencyKey: "k" })).toEqual(first);
    expect(await refused(publish(made.id, { idempotencyKey: "k", note: "other" }))).toBe("conflict");
    expect((await get(made.id)).version).toBe(2);
    await Promise.all([publish(made.id), publish(made.id), publish(made.id)]);
    expect((await get(made.id)).version).toBe(3);
  });

  it("asks the gate about what goes live and what is, and a no leaves nothing", async () => {
    const { id } = await create();
    await update(id, { name: "Bea" });
    const before = await get(id);
    const seen: unknown[] = [];
    const shut: PublishGate = async (_ws, candidate) => {
      seen.push(candidate);
      throw new Refusal("invalid_state", "Not good enough");
    };
    expect(await refused(publish(id, { force: true, idempotencyKey: "k" }, shut))).toBe("invalid_state");
    expect(seen).toMatchObject([{ agentId: id, settings: { name: "Bea" }, live: { version: 1, settings: { name: "Ada" } }, force: true }]);
    expect(await get(id)).toEqual(before);
    expect((await publish(id, { force: true, idempotencyKey: "k" })).version).toBe(2);
  });

  it("brings an agent that answered nobody into service, and wakes no paused one", async () => {
    const fresh = await create({ status: "draft" });
    expect(await publish(fresh.id)).toMatchObject({ status: "live", version: 1 });
    await update(fresh.id, { status: "paused", name: "Bea" });
    expect(await publish(fresh.id)).toMatchObject({ status: "paused", version: 2 });
  });

  it("is told to another workspace as if there were no such agent", async () => {
    const { id } = await create();
    const asked = [id, newId()].map((agentId) =>
      Promise.all([
        refused(publish(agentId, {}, open, otherId)),
        refused(restore(agentId, 1, {}, otherId)),
        refused(versions(agentId, {}, otherId)),
        refused(within((ws) => getVersion(ws, { agentId, version: 1 }), otherId)),
        refused(within((ws) => duplicateAgent(ws, { agentId }, null, defaults), otherId)),
        refused(within((ws) => archiveAgent(ws, agentId, defaults), otherId)),
        refused(within((ws) => attachKnowledge(ws, { agentId, sourceId: newId() }, null, defaults), otherId)),
        refused(within((ws) => detachKnowledge(ws, { agentId, sourceId: newId(), all: true }, null, defaults), otherId)),
        refused(within((ws) => readAgentAt(ws, agentId, "draft"), otherId)),
      ]),
    );
    for (const told of await Promise.all(asked)) expect(told).toEqual(told.map(() => "not_found"));
    expect((await get(id)).version).toBe(1);
  });
});

describe("versions", () => {
  it("are listed newest first, page by page", async () => {
    const { id } = await create();
    for (const name of ["B", "C", "D"]) {
      await update(id, { name });
      await publish(id);
    }
    const first = await versions(id, { limit: 3 });
    const second = await versions(id, { limit: 3, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...second.items].map(({ version }) => version)).toEqual([4, 3, 2, 1]);
    expect(second.nextCursor).toBeNull();
    expect(await refused(versions(id, { cursor: "nonsense" }))).toBe("validation");
    expect(await refused(within((ws) => getVersion(ws, { agentId: id, version: 9 })))).toBe("not_found");
  });

  it("come back in one call as new versions, and leave the draft alone", async () => {
    const { id } = await create();
    await update(id, { name: "Bea" });
    await publish(id);
    await update(id, { greeting: "Hi" });
    const restored = await restore(id, 1, { note: "Bea was rude" });
    expect(restored).toMatchObject({ name: "Ada", version: 3, draft: { name: "Bea", greeting: "Hi" } });
    expect((await versions(id)).items[0]).toMatchObject({ version: 3, live: true, restoredFrom: 1, note: "Bea was rude" });
    expect(await restore(id, 1)).toMatchObject({ version: 3 }); // What is live already needs no version.
    expect(await refused(restore(id, 9))).toBe("not_found");
    expect((await versions(id)).items).toHaveLength(3);
  });

  it("are read beside the live one, and as a draft where there is none", async () => {
    const { id } = await create();
    expect(await within((ws) => readAgentAt(ws, id, "draft"))).toMatchObject({ version: 0, settings: { name: "Ada" } });
    await update(id, { name: "Bea" });
    expect(await within((ws) => readAgentAt(ws, id, "draft"))).toMatchObject({ version: 0, settings: { name: "Bea" } });
    await publish(id);
    expect(await within((ws) => readAgentAt(ws, id, 1))).toMatchObject({ version: 1, settings: { name: "Ada" } });
    expect(await within((ws) => readAgent(ws, id))).toMatchObject({ version: 2, settings: { name: "Bea" } });
    expect(await refused(within((ws) => readAgentAt(ws, id, 3)))).toBe("not_found");
  });

  it("of before, with their status in them and without newer settings, are read, and what they say of it stays true", async () => {
    const { internal: _, labels: __, locale: ___, ...retrieval } = createAgentInput.parse({ name: "x" }).retrieval;
    const old = JSON.stringify({ ...createAgentInput.parse({ name: "Old", status: "paused" }), retrieval });
    const id = newId();
    await within(async ({ tx }) => {
      await tx.insert(agent).values({ workspaceId, id, name: "Old", version: 1 });
      await tx.insert(agentVersion).values({ workspaceId, agentId: id, version: 1, settings: sql`${old}::jsonb` });
    });
    expect(await get(id)).toMatchObject({ name: "Old", status: "paused", retrieval: { internal: false } });
    await update(id, { name: "New" });
    expect(await publish(id)).toMatchObject({ name: "New", status: "paused", version: 2 });
    expect(await restore(id, 1)).toMatchObject({ name: "Old", status: "paused" });
    const [stored] = await within(({ tx }) =>
      tx
        .select()
        .from(agentVersion)
        .where(and(eq(agentVersion.agentId, id), eq(agentVersion.version, 2))),
    );
    expect(stored?.settings).not.toHaveProperty("status");
  });
});

describe("a copy", () => {
  it("has the live settings and the draft of the original, and answers nobody until it is published", async () => {
    const { id } = await create({ greeting: "Hi" });
    await update(id, { temperature: 1 });
    const copy = await within((ws) => duplicateAgent(ws, { agentId: id }, accountId, defaults));
    expect(copy).toMatchObject({
      name: "Ada (copy)",
      greeting: "Hi",
      version: 1,
      status: "draft",
      draft: { name: "Ada (copy)", temperature: 1 },
    });
    expect(await publish(copy.id)).toMatchObject({ status: "live", version: 2, temperature: 1 });
    expect(await get(id)).toMatchObject({ name: "Ada", temperature: 0.3 });
  });

  it("has a name of the right length, or the one that is given, and is one for one key", async () => {
    const { id } = await create({ name: "N".repeat(80) });
    const long = await within((ws) => duplicateAgent(ws, { agentId: id }, null, defaults));
    expect(long.name).toBe(`${"N".repeat(73)} (copy)`);
    const twice = await Promise.all(
      [1, 2].map(() => within((ws) => duplicateAgent(ws, { agentId: id, name: "Eva", idempotencyKey: "k" }, null, defaults))),
    );
    expect(new Set(twice.map((one) => one.id)).size).toBe(1);
    expect(twice[0]?.name).toBe("Eva");
  });
});

describe("an archived agent", () => {
  const archive = (id: string) => within((ws) => archiveAgent(ws, id, defaults));

  it("is published and restored no more until it has another status", async () => {
    const { id } = await create();
    await update(id, { name: "Bea" });
    expect(await archive(id)).toMatchObject({ status: "archived", name: "Ada" });
    expect(await archive(id)).toMatchObject({ status: "archived" });
    expect(await refused(publish(id))).toBe("invalid_state");
    expect(await refused(restore(id, 1))).toBe("invalid_state");
    const sourceId = await source();
    expect(await refused(within((ws) => attachKnowledge(ws, { agentId: id, sourceId }, null, defaults)))).toBe("invalid_state");
    expect(await update(id, { status: "live" })).toMatchObject({ status: "live", hasDraft: true });
    expect(await publish(id)).toMatchObject({ name: "Bea" });
  });

  it("cannot be one that channels send their customers to", async () => {
    const { id } = await create();
    const { id: spare } = await create();
    const insert = (values: Partial<typeof channel.$inferInsert>) =>
      within(({ tx }) => tx.insert(channel).values({ workspaceId, id: newId(), kind: "web", name: "Shop", publicKey: newId(), ...values }));
    await insert({ agentId: id });
    await insert({ agentId: spare, settings: { routes: [{ label: "billing", agentId: id }] }, name: "Help" });
    const told = await archive(id).catch((error: unknown) => error);
    expect(told).toMatchObject({ reason: "invalid_state", details: { channels: [{ name: "Shop" }, { name: "Help" }] } });
    expect(await refused(update(id, { status: "archived" }))).toBe("invalid_state");
    await within(({ tx }) => tx.update(channel).set({ agentId: spare }).where(eq(channel.name, "Shop")));
    expect(await refused(archive(id))).toBe("invalid_state");
    await within(({ tx }) => tx.update(channel).set({ deletedAt: new Date().toISOString() }).where(eq(channel.name, "Help")));
    expect(await archive(id)).toMatchObject({ status: "archived" });
  });
});

describe("attaching knowledge", () => {
  const attach = (agentId: string, sourceId: string) => within((ws) => attachKnowledge(ws, { agentId, sourceId }, accountId, defaults));
  const detach = (agentId: string, sourceId: string, all = false) =>
    within((ws) => detachKnowledge(ws, { agentId, sourceId, all }, accountId, defaults));

  it("takes effect at once, as a version of its own, and in the draft too", async () => {
    const { id } = await create();
    const [one, two] = [await source(), await source()];
    await update(id, { name: "Bea" });
    expect(await attach(id, one)).toMatchObject({
      name: "Ada",
      version: 2,
      retrieval: { sources: [one] },
      draft: { name: "Bea", retrieval: { sources: [one] } },
    });
    expect(await attach(id, two)).toMatchObject({ version: 3, retrieval: { sources: [one, two] } });
    expect(await attach(id, two)).toMatchObject({ version: 3 });
    expect(await detach(id, one)).toMatchObject({ version: 4, retrieval: { sources: [two] }, draft: { retrieval: { sources: [two] } } });
    expect(await detach(id, one)).toMatchObject({ version: 4 });
    expect((await versions(id)).items[0]).toMatchObject({ note: "Knowledge detached" });
  });

  it("never opens all knowledge without a word: the last source goes only when that is said", async () => {
    const { id } = await create();
    const one = await source();
    await attach(id, one);
    const before = await get(id);
    expect(await refused(detach(id, one))).toBe("invalid_state");
    expect(await get(id)).toEqual(before);
    expect(await detach(id, one, true)).toMatchObject({ retrieval: { sources: [] } });
  });

  it("refuses sources of nobody and of others, and more than a hundred", async () => {
    const { id } = await create();
    const foreign = await within((ws) => createSource(ws, { kind: "text", name: "Theirs" }), otherId);
    for (const sourceId of [foreign.id, newId()]) expect(await refused(attach(id, sourceId))).toBe("not_found");
    const many = await Promise.all(Array.from({ length: 101 }, source));
    const full = await create({ retrieval: { sources: many.slice(0, 100) } });
    expect(await refused(attach(full.id, many[100] ?? ""))).toBe("plan_limit");
    expect((await get(full.id)).version).toBe(1);
  });

  it("from many hands at once loses none", async () => {
    const { id } = await create();
    const sources = await Promise.all([1, 2, 3, 4].map(source));
    await Promise.all(sources.map((sourceId) => attach(id, sourceId)));
    expect([...(await get(id)).retrieval.sources].sort()).toEqual(sources.sort());
  });
});
