import { agentSettings, createAgentInput, updateAgentInput } from "@axon/contracts/agents";
import { newId } from "@axon/db/ids";
import { agentVersion } from "@axon/db/schema/agents";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSource, deleteSource } from "../knowledge/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createAgent, getAgent, listAgents, updateAgent } from "./index.ts";

let scene: Scene;
let workspaceId: string;
let accountId: string;
const defaults = { confidenceThreshold: 0.62 };

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  ({ workspaceId, accountId } = await scene.found("owner"));
});

const create = (input: Record<string, unknown> = {}, workspace = workspaceId) =>
  scene.inWorkspace(workspace, (ws) => createAgent(ws, createAgentInput.parse({ name: "Ada", ...input }), accountId, defaults));
const update = (agentId: string, input: Record<string, unknown>, workspace = workspaceId) =>
  scene.inWorkspace(workspace, (ws) => updateAgent(ws, updateAgentInput.parse({ agentId, ...input }), defaults));
const get = (agentId: string, workspace = workspaceId) => scene.inWorkspace(workspace, (ws) => getAgent(ws, agentId, defaults));
const source = (workspace = workspaceId) =>
  scene.inWorkspace(workspace, (ws) => createSource(ws, { kind: "text", name: "Shelf" })).then(({ id }) => id);
const versions = (agentId: string) =>
  scene.inWorkspace(workspaceId, ({ tx }) =>
    tx
      .select({ version: agentVersion.version, settings: agentVersion.settings })
      .from(agentVersion)
      .where(eq(agentVersion.agentId, agentId))
      .orderBy(asc(agentVersion.version)),
  );

describe("a new agent", () => {
  it("has every setting, with the fitted threshold where none was chosen", async () => {
    const made = await create();
    const fresh = { version: 1, confidenceThreshold: 0.62, status: "live", hasDraft: false, draft: null };
    expect(made).toMatchObject({ ...agentSettings.parse({ name: "Ada" }), ...fresh });
    expect(await get(made.id)).toEqual(made);
    expect((await create({ confidenceThreshold: 0 })).confidenceThreshold).toBe(0);
  });

  it("is one agent for one key, also at the same time, and another input is a conflict", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => create({ idempotencyKey: "k" })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await scene.inWorkspace(workspaceId, (ws) => listAgents(ws, { limit: 50 }, defaults))).items).toHaveLength(1);
    await expect(create({ idempotencyKey: "k", name: "Bea" })).rejects.toMatchObject({ reason: "conflict" });
    const other = await scene.found("other");
    expect((await create({ idempotencyKey: "k" }, other.workspaceId)).id).not.toBe(made[0]?.id);
  });

  it("cannot name a source that is missing or another workspace's, and is told the same for both", async () => {
    const foreign = await source((await scene.found("other")).workspaceId);
    const mine = await source();
    const told = await Promise.all(
      [foreign, newId()].map((id) => create({ retrieval: { sources: [mine, id] }, idempotencyKey: id }).catch((error: unknown) => error)),
    );
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ reason: "not_found" });
    expect(await create({ retrieval: { sources: [mine, mine] } })).toMatchObject({ retrieval: { sources: [mine, mine] } });
  });
});

describe("changing an agent", () => {
  it("changes what is given in the draft and leaves the rest, one level deep; customers notice nothing", async () => {
    const mine = await source();
    const made = await create({
      description: "Helps",
      handoff: { afterFailedTurns: 7, message: "Wait" },
      retrieval: { topK: 3, sources: [mine] },
    });
    const { warnings, ...changed } = await update(made.id, {
      name: "Bea",
      handoff: { enabled: false, message: null },
      retrieval: { minScore: 0.5, labels: [" billing "], locale: "de" },
      confidenceThreshold: 0.9,
    });
    expect(changed).toMatchObject({ name: "Ada", version: 1, confidenceThreshold: 0.62, hasDraft: true });
    expect(changed.draft).toEqual({
      ...agentSettings.parse({ name: "Bea" }),
      description: "Helps",
      confidenceThreshold: 0.9,
      handoff: { enabled: false, onLowConfidence: true, onRequest: true, afterFailedTurns: 7, message: null },
      retrieval: { topK: 3, minScore: 0.5, sources: [mine], internal: false, labels: ["billing"], locale: "de" },
    });
    expect(await get(made.id)).toEqual(changed);
    expect((await update(made.id, { confidenceThreshold: null })).draft).toMatchObject({ name: "Bea", confidenceThreshold: null });
    expect(await versions(made.id)).toHaveLength(1);
  });

  it("to what is live already leaves no draft, and makes no version", async () => {
    const made = await create({ temperature: 0.5 });
    const same = { ...made, updatedAt: expect.any(String), warnings: [] };
    expect(await update(made.id, {})).toEqual({ ...made, warnings: [] });
    expect(await update(made.id, { name: " Ada ", temperature: 0.5, handoff: {}, retrieval: { topK: 8 } })).toEqual(same);
    expect((await update(made.id, { temperature: 1 })).hasDraft).toBe(true);
    expect(await update(made.id, { temperature: 0.5 })).toEqual(same);
    expect(await versions(made.id)).toHaveLength(1);
  });

  it("from many hands at once loses no change", async () => {
    const { id } = await create();
    await Promise.all([
      update(id, { name: "Bea" }),
      update(id, { greeting: "Hi" }),
      update(id, { temperature: 1 }),
      update(id, { handoff: { enabled: false } }),
    ]);
    expect((await get(id)).draft).toMatchObject({ name: "Bea", greeting: "Hi", temperature: 1, handoff: { enabled: false } });
  });

  it("in its status takes effect at once, whatever its draft", async () => {
    const { id } = await create();
    expect(await update(id, { status: "paused", name: "Bea" })).toMatchObject({
      status: "paused",
      version: 1,
      name: "Ada",
      hasDraft: true,
    });
    expect(await update(id, { status: "live" })).toMatchObject({ status: "live", hasDraft: true });
    expect(await versions(id)).toHaveLength(1);
  });

  it("says what in its instructions works against it", async () => {
    const { id } = await create();
    const { warnings } = await update(id, { systemPrompt: "Be kind. Never hand over to a human." });
    expect(warnings).toMatchObject(
      [{ rule: "no_handoff", at: 9, excerpt: "Never hand over to a human." }].map(({ rule, at }) => ({ rule, at })),
    );
    expect((await update(id, { systemPrompt: "Be kind." })).warnings).toEqual([]);
  });

  it("still works after a source it names was deleted, which then gives it nothing to answer from", async () => {
    const gone = await source();
    const { id } = await create({ retrieval: { sources: [gone] } });
    await scene.inWorkspace(workspaceId, (ws) => deleteSource(ws, gone));
    expect((await update(id, { name: "Bea" })).draft).toMatchObject({ name: "Bea", retrieval: { sources: [gone] } });
    await expect(update(id, { retrieval: { sources: [gone, newId()] } })).rejects.toMatchObject({ reason: "not_found" });
  });

  it("of another workspace is told as if there were none, and changes nothing", async () => {
    const made = await create();
    const other = await scene.found("other");
    const told = await Promise.all(
      [made.id, newId()].map((id) => update(id, { name: "Mine" }, other.workspaceId).catch((error: unknown) => error)),
    );
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ reason: "not_found" });
    await expect(get(made.id, other.workspaceId)).rejects.toEqual(told[0]);
    const foreign = await source(other.workspaceId);
    await expect(update(made.id, { retrieval: { sources: [foreign] } })).rejects.toMatchObject({ reason: "not_found" });
    expect(await get(made.id)).toEqual(made);
  });

  it.each([
    ["an unknown setting", { colour: "red" }],
    ["an unknown setting in handoff", { handoff: { colour: "red" } }],
    ["an unknown setting in retrieval", { retrieval: { top_k: 3 } }],
    ["a blank label", { retrieval: { labels: [" "] } }],
    ["a locale that is no tag", { retrieval: { locale: "auto" } }],
    ["a status that there is not", { status: "asleep" }],
    ["a blank name", { name: "  " }],
    ["a temperature out of range", { temperature: 2.1 }],
    ["no fallback message", { fallbackMessage: "" }],
    ["a language that is no tag", { language: "german!" }],
  ])("to %s is refused at the door", async (_what, change) => {
    expect(updateAgentInput.safeParse({ agentId: newId(), ...change }).success).toBe(false);
    expect(createAgentInput.safeParse({ name: "Ada", ...change }).success).toBe(false);
  });
});

describe("listing agents", () => {
  it("gives each once, oldest first, page by page, and none of another workspace", async () => {
    const made: string[] = [];
    for (const name of ["A", "B", "C", "D", "E"]) made.push((await create({ name })).id);
    await create({ name: "Theirs" }, (await scene.found("other")).workspaceId);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await scene.inWorkspace(workspaceId, (ws) => listAgents(ws, { limit: 2, cursor }, defaults));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(made);
  });

  it("refuses a cursor that it did not give", async () => {
    await expect(scene.inWorkspace(workspaceId, (ws) => listAgents(ws, { limit: 2, cursor: "nonsense" }, defaults))).rejects.toMatchObject({
      reason: "validation",
    });
  });
});
