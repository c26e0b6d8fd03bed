import { createHmac } from "node:crypto";
import { agentSettings } from "@axon/contracts/agents";
import { type CreateChannelInput, createChannelInput, updateChannelInput } from "@axon/contracts/channels";
import { newId } from "@axon/db/ids";
import { channel } from "@axon/db/schema/conversations";
import { auditEntry, idempotency, sealedSecret } from "@axon/db/schema/workspaces";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAgent } from "../agents/index.ts";
import type { Caller } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import {
  channelKindInfos,
  createChannel,
  deleteChannel,
  findChannelByKey,
  getChannel,
  listChannels,
  readDoor,
  requireSigned,
  rotateIdentitySecret,
  updateChannel,
} from "./index.ts";

let scene: Scene;
let workspaceId: string;
let agentId: string;
let other: { workspaceId: string; agentId: string };
const ada: Caller = { kind: "user", id: newId(), name: "Ada", ip: "10.0.0.1", requestId: "r1" };

beforeAll(async () => {
  scene = await openScene();
  const otherWorkspace = (await scene.found("other")).workspaceId;
  other = { workspaceId: otherWorkspace, agentId: await newAgent(otherWorkspace) };
});
afterAll(() => scene.close());
beforeEach(async () => {
  ({ workspaceId } = await scene.found("owner"));
  agentId = await newAgent(workspaceId);
});

const newAgent = (workspace: string) =>
  scene
    .inWorkspace(workspace, (ws) => createAgent(ws, agentSettings.parse({ name: "Ada" }), null, { confidenceThreshold: 0.5 }))
    .then(({ id }) => id);
const input = (change: Record<string, unknown> = {}): CreateChannelInput =>
  createChannelInput.parse({ kind: "web", name: "Shop", agentId, ...change });
const create = (change: Record<string, unknown> = {}) =>
  scene.inWorkspace(workspaceId, (ws) => createChannel(ws, scene.auth.sealer, input(change)), ada);
const update = (channelId: string, change: Record<string, unknown>, workspace = workspaceId) =>
  scene.inWorkspace(workspace, (ws) => updateChannel(ws, updateChannelInput.parse({ channelId, ...change })), ada);
const remove = (channelId: string, workspace = workspaceId) =>
  scene.inWorkspace(workspace, (ws) => deleteChannel(ws, scene.auth.sealer, channelId), ada);
const list = (workspace = workspaceId) => scene.inWorkspace(workspace, (ws) => listChannels(ws, { limit: 50 })).then(({ items }) => items);
const rowsOf = (workspace = workspaceId) =>
  scene.inWorkspace(workspace, async ({ tx }) => ({
    channels: await tx.select().from(channel),
    secrets: await tx.select().from(sealedSecret),
    audit: await tx.select().from(auditEntry).where(eq(auditEntry.targetKind, "channel")).orderBy(asc(auditEntry.id)),
    keys: await tx.select().from(idempotency),
  }));

describe("a new channel", () => {
  it("has a key for the page and a secret for the server, which is shown once and lies nowhere in the open", async () => {
    const { identitySecret, ...made } = await create({ settings: { allowedOrigins: ["https://Shop.example/"] }, idempotencyKey: "k" });
    expect(made).toMatchObject({ kind: "web", name: "Shop", agentId, publicKey: expect.stringMatching(/^axw_[\w-]{43}$/) });
    expect(made.settings).toMatchObject({ allowedOrigins: ["https://shop.example"], requireIdentity: false });
    expect(identitySecret).toMatch(/^axi_[\w-]{43}$/);
    expect(await scene.inWorkspace(workspaceId, (ws) => getChannel(ws, made.id))).toEqual(made);
    expect(await list()).toEqual([made]);
    const { audit, ...rows } = await rowsOf();
    expect(JSON.stringify([rows, audit])).not.toContain(identitySecret);
    expect(audit.at(-1)).toMatchObject({
      action: "channel.created",
      actorName: "Ada",
      targetId: made.id,
      after: { name: "Shop", agentId },
    });
  });

  it("is one for one key, also at the same time, and the copies do not show the secret again", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => create({ idempotencyKey: "k" })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.filter(({ identitySecret }) => identitySecret !== null)).toHaveLength(1);
    await expect(create({ idempotencyKey: "k", name: "Other" })).rejects.toMatchObject({ reason: "conflict" });
    expect(await list()).toHaveLength(1);
  });

  it("cannot have an agent that is missing or another workspace's, and is told the same for both", async () => {
    const told = await Promise.all([other.agentId, newId()].map((id) => create({ agentId: id }).catch((error: unknown) => error)));
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ reason: "not_found" });
    expect(await rowsOf()).toEqual({ channels: [], secrets: [], audit: [], keys: [] });
  });

  it("is the fiftieth at most, however many come at once", async () => {
    await scene.inWorkspace(workspaceId, (ws) =>
      ws.tx
        .insert(channel)
        .values(Array.from({ length: 48 }, () => ({ workspaceId, id: newId(), kind: "web" as const, agentId, publicKey: newId() }))),
    );
    const tried = await Promise.allSettled([1, 2, 3, 4, 5].map(() => create()));
    expect(tried.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(tried.find(({ status }) => status === "rejected")).toMatchObject({ reason: { reason: "plan_limit" } });
    expect((await rowsOf()).secrets).toHaveLength(2);
  });

  it("is of a kind that there is, and limited to pages by their origin", () => {
    expect(() => input({ kind: "api" })).toThrow("every workspace has its api channel");
    expect(() => input({ kind: "whatsapp" })).toThrow("is not offered yet");
    for (const origin of ["https://a.example/path", "a.example", "ftp://a.example", "https://u:p@a.example", "javascript:alert(1)", "null"])
      expect(() => input({ settings: { allowedOrigins: [origin] } }), origin).toThrow("must be an origin");
  });
});

describe("changing a channel", () => {
  it("changes what is given, one setting at a time, and tells the audit log before and after", async () => {
    const made = await create({ settings: { allowedOrigins: ["https://a.example"] } });
    const changed = await update(made.id, { name: "New", settings: { requireIdentity: true } });
    expect(changed).toMatchObject({ name: "New", settings: { allowedOrigins: ["https://a.example"], requireIdentity: true } });
    expect(changed.publicKey).toBe(made.publicKey);
    const { audit } = await rowsOf();
    expect(audit.at(-1)).toMatchObject({ action: "channel.updated", before: { name: "Shop" }, after: { name: "New" } });
    await update(made.id, { name: "New" });
    expect((await rowsOf()).audit).toHaveLength(audit.length);
  });

  it("of another workspace, or to another's agent, is told like missing ones and changes nothing", async () => {
    const { id } = await create();
    const told = await Promise.all(
      [
        update(id, { name: "Mine" }, other.workspaceId),
        update(newId(), { name: "Mine" }, other.workspaceId),
        remove(id, other.workspaceId),
        scene.inWorkspace(other.workspaceId, (ws) => rotateIdentitySecret(ws, scene.auth.sealer, id)),
        scene.inWorkspace(other.workspaceId, (ws) => getChannel(ws, id)),
      ].map((done) => done.catch((error: unknown) => error)),
    );
    for (const one of told) expect(one).toEqual(told[0]);
    expect(told[0]).toMatchObject({ reason: "not_found", message: "No such channel" });
    await expect(update(id, { name: "Mine", agentId: other.agentId })).rejects.toMatchObject({ reason: "not_found" });
    expect(await list(other.workspaceId)).toEqual([]);
    expect((await list())[0]).toMatchObject({ name: "Shop", agentId });
  });

  it("is not for the api channel, which is listed with the others", async () => {
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.insert(channel).values({ workspaceId, id: newId(), kind: "api" }));
    const [api] = await list();
    expect(api).toMatchObject({ kind: "api", agentId: null, publicKey: null });
    await expect(update(api?.id ?? "", { name: "Mine" })).rejects.toMatchObject({ reason: "invalid_state" });
    await expect(remove(api?.id ?? "")).rejects.toMatchObject({ reason: "invalid_state" });
  });
});

describe("a channel that is taken down", () => {
  it("is not there any more, by id or by key, and its secret is gone", async () => {
    const made = await create();
    expect(await findChannelByKey(scene.database, made.publicKey ?? "")).toEqual({ workspaceId, channelId: made.id });
    await remove(made.id);
    expect(await list()).toEqual([]);
    await expect(findChannelByKey(scene.database, made.publicKey ?? "")).rejects.toMatchObject({ reason: "not_found" });
    await expect(scene.inWorkspace(workspaceId, (ws) => readDoor(ws, made.id))).rejects.toMatchObject({ reason: "not_found" });
    await expect(remove(made.id)).rejects.toMatchObject({ reason: "not_found" });
    const { secrets, audit } = await rowsOf();
    expect(secrets).toEqual([]);
    expect(audit.filter(({ action }) => action === "channel.deleted")).toHaveLength(1);
  });
});

describe("a new identity secret", () => {
  it("is shown once, and what the old one signed is refused from then on", async () => {
    const { id, identitySecret } = await create();
    const signed = (secret: string | null) => ({
      userId: "u1",
      hmac: createHmac("sha256", secret ?? "")
        .update("u1")
        .digest("hex"),
    });
    const check = (identity: { userId: string; hmac: string }) =>
      scene.inWorkspace(workspaceId, (ws) => requireSigned(ws, scene.auth.sealer, id, identity));
    await check(signed(identitySecret));
    const next = await scene.inWorkspace(workspaceId, (ws) => rotateIdentitySecret(ws, scene.auth.sealer, id), ada);
    await expect(check(signed(identitySecret))).rejects.toMatchObject({ reason: "identity_invalid" });
    await check(signed(next.identitySecret));
    for (const bad of ["", "00", "0".repeat(64), `${signed(next.identitySecret).hmac}00`, "z".repeat(64)])
      await expect(check({ userId: "u1", hmac: bad })).rejects.toMatchObject({ reason: "identity_invalid" });
    await expect(check({ ...signed(next.identitySecret), userId: "u2" })).rejects.toMatchObject({ reason: "identity_invalid" });
    const { audit } = await rowsOf();
    expect(audit.at(-1)).toMatchObject({ action: "channel.identity_secret_rotated", targetId: id });
    expect(JSON.stringify(audit)).not.toContain(next.identitySecret);
  });
});

it("says of every kind there is what it needs", () => {
  expect(channelKindInfos.map(({ kind, creatable }) => [kind, creatable])).toEqual([
    ["web", true],
    ["api", false],
  ]);
});
