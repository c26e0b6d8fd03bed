import type { Permission } from "@axon/contracts/permissions";
import { newId } from "@axon/db/ids";
import { apiKey, idempotency } from "@axon/db/schema/workspaces";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authenticate } from "../auth/index.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { createApiKey, listApiKeys, listAudit, revokeApiKey } from "./index.ts";
import { openPeople, type People, type Person, refusalOf } from "./people.fixture.ts";

let scene: Scene;
let people: People;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());
beforeEach(async () => {
  people = await openPeople(scene);
});

type Input = Parameters<typeof createApiKey>[1];
const create =
  (input: Partial<Input> = {}) =>
  (ws: Parameters<typeof createApiKey>[0]) =>
    createApiKey(ws, { name: "ci", role: "viewer", ...input }, ws.caller.kind === "user" ? ws.caller.id : null);
const make = async (input: Partial<Input> = {}, by: Person = people.owner) => {
  const { secret, ...key } = await people.as(by, create(input));
  return { ...key, secret: secret ?? "" };
};
const list = async (workspaceId = people.workspaceId) =>
  (await scene.inWorkspace(workspaceId, (ws) => listApiKeys(ws, { limit: 50 }))).items;
const revoke = (id: string, workspaceId = people.workspaceId) => scene.inWorkspace(workspaceId, (ws) => revokeApiKey(ws, id));

describe("API keys", () => {
  it("show their secret once and never again", async () => {
    const key = await make();
    const items = await list();
    expect(items).toMatchObject([
      { id: key.id, prefix: key.secret.slice(0, 10), role: "viewer", scopes: null, createdBy: people.owner.accountId, lastUsedAt: null },
    ]);
    expect(JSON.stringify(items)).not.toContain(key.secret.slice(10));
  });

  it("say when they were last used, and are not listed once revoked; twice is once", async () => {
    const key = await make();
    await authenticate(scene.auth, key.secret, null);
    expect((await list())[0]?.lastUsedAt).toEqual(expect.any(String));
    await revoke(key.id);
    await revoke(key.id);
    expect(await list()).toEqual([]);
    await expect(authenticate(scene.auth, key.secret, null)).rejects.toMatchObject({ reason: "unauthorized" });
    const { items } = await scene.inWorkspace(people.workspaceId, (ws) => listAudit(ws, { limit: 50 }));
    expect(items.map(({ action, target }) => [action, target?.id])).toEqual([
      ["api_key.revoked", key.id],
      ["api_key.created", key.id],
    ]);
    expect(JSON.stringify(items)).not.toContain(key.secret.slice(10));
  });

  it("open nothing when they have run out, and are not made for a time that is over", async () => {
    await expect(make({ expiresAt: new Date(Date.now() - 1000).toISOString() })).rejects.toMatchObject({
      reason: "validation",
      details: { fields: { expiresAt: expect.any(String) } },
    });
    const key = await make({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await expect(authenticate(scene.auth, key.secret, null)).resolves.toBeDefined();
    await scene.inWorkspace(people.workspaceId, ({ tx }) =>
      tx.update(apiKey).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(apiKey.id, key.id)),
    );
    await expect(authenticate(scene.auth, key.secret, null)).rejects.toMatchObject({ reason: "unauthorized" });
  });

  it("of another workspace are neither seen nor revoked, and told like missing ones", async () => {
    const key = await make();
    const other = await scene.found("bob");
    expect(await list(other.workspaceId)).toEqual([]);
    const [foreign, missing] = [await refusalOf(revoke(key.id, other.workspaceId)), await refusalOf(revoke(newId(), other.workspaceId))];
    expect(foreign).toEqual(missing);
    expect(foreign).toMatchObject({ reason: "not_found" });
    await expect(authenticate(scene.auth, key.secret, null)).resolves.toBeDefined();
  });
});

describe("a key that is asked for twice", () => {
  it("is one key, told without its secret from the second time on, which lies nowhere", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => people.as(people.owner, create({ idempotencyKey: "k" }))));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.filter(({ secret }) => secret !== null)).toHaveLength(1);
    expect(await list()).toHaveLength(1);
    const kept = await scene.inWorkspace(people.workspaceId, ({ tx }) => tx.select().from(idempotency));
    const secret = made.find((one) => one.secret !== null)?.secret ?? "";
    await expect(authenticate(scene.auth, secret, null)).resolves.toBeDefined();
    expect(JSON.stringify(kept)).not.toContain(secret.slice(10));
    await expect(make({ idempotencyKey: "k", name: "another" })).rejects.toMatchObject({ reason: "conflict" });
  });
});

describe("what a key may", () => {
  it("can be narrowed to scopes, which the caller is told and the door is handed", async () => {
    const key = await make({ role: "member", scopes: ["knowledge.read", "agents.read", "knowledge.read"] });
    const scopes = ["agents.read", "knowledge.read"];
    expect([key.scopes, (await list())[0]?.scopes]).toEqual([scopes, scopes]);
    expect(await authenticate(scene.auth, key.secret, null)).toMatchObject({ standing: { role: "member", scopes } });
  });

  it("is never more than its role, and the scopes that are too much are named", async () => {
    const told = await refusalOf(make({ role: "viewer", scopes: ["agents.read", "agents.write", "audit.read"] }));
    expect(told).toMatchObject({ reason: "validation", details: { scopes: ["audit.read", "agents.write"] } });
    expect(await list()).toEqual([]);
  });

  it("is never more than whoever makes it may", async () => {
    const admin = await people.join("admin");
    await expect(make({ role: "admin" }, admin)).resolves.toBeDefined();
    for (const role of ["member", "viewer"] as const)
      await expect(make({ role: "viewer" }, await people.join(role))).rejects.toMatchObject({ reason: "forbidden" });

    const scopes: Permission[] = ["apiKeys.manage", "agents.read"];
    const maker = await make({ role: "admin", scopes });
    const byKey = (input: Partial<Input>) => people.asKey(maker, create(input));
    await expect(byKey({ role: "admin", scopes: ["agents.read"] })).resolves.toMatchObject({ createdBy: null });
    await expect(byKey({ role: "viewer" })).rejects.toMatchObject({
      reason: "forbidden",
      details: { scopes: expect.arrayContaining(["knowledge.read"]) },
    });
    await expect(byKey({ role: "admin", scopes: ["agents.read", "agents.write"] })).rejects.toMatchObject({
      details: { scopes: ["agents.write"] },
    });
    const plain = await make({ role: "admin" });
    await expect(people.asKey(plain, create({ scopes: ["agents.read"] }))).rejects.toMatchObject({ reason: "forbidden" });
  });
});
