/** A workspace that is deleted is gone: for its people at once, from the disk and the database when the job is done. */
import { readdirSync } from "node:fs";
import { createInWorkspace } from "@axon/core/context";
import { queueRetention } from "@axon/core/workspaces";
import { connect, openPool } from "@axon/db/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { replyTo } from "./follow.fixture.ts";
import { until } from "./processes.fixture.ts";

let app: App;

beforeAll(async () => {
  app = await openApp();
}, 180_000);
afterAll(() => app.close());

const text = "Parcels may be returned within thirty days.";
const doneWithinMs = 60_000;

/** A workspace with a file, a text, an agent, a conversation, an API key and a secret. */
async function settle(name: string) {
  const owner = await app.found(name);
  const { api } = owner.client;
  const { id: sourceId } = await api.knowledge.sources.create.mutate({ kind: "file", name: "Shelf" });
  const uploaded = await owner.client.uploadDocument({ sourceId, name: "returns.txt", mime: "text/plain", bytes: Buffer.from(text) });
  const { id: documentId } = await api.knowledge.documents.addText.mutate({ sourceId, name: "Text", text });
  for (const id of [uploaded.documentId, documentId]) expect(await owner.client.waitForDocument(id)).toMatchObject({ status: "ready" });
  const { id: agentId } = await api.agents.create.mutate({ name: "Ada", replyDelayMs: 0 });
  const { conversationId } = await replyTo(owner.client, agentId, "How long may I return a parcel?");
  const key = await api.workspaces.apiKeys.create.mutate({ name: "ci", role: "admin" });
  await api.workspaces.secrets.set.mutate({ name: "shop", value: "open sesame" });
  const later = await api.knowledge.documents.createUpload.mutate({ sourceId, name: "later.txt", mime: "text/plain", bytes: 5 });
  return { owner, agentId, conversationId, documentId, key: key.secret ?? "", later };
}

async function contentsOf({ owner, conversationId, documentId }: Awaited<ReturnType<typeof settle>>): Promise<unknown> {
  const { api } = owner.client;
  return [
    await api.workspaces.get.query(),
    await api.knowledge.documents.list.query(),
    await api.knowledge.documents.chunks.query({ documentId }),
    await api.conversations.get.query({ conversationId }),
    await api.conversations.messages.list.query({ conversationId }),
    await api.workspaces.secrets.list.query(),
    filesOf(owner),
  ];
}

const filesOf = ({ workspaceId }: Owner) =>
  readdirSync(app.filesFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes(workspaceId))
    .map((entry) => entry.name);

/** What a month does to a conversation, and the hourly look that follows. */
async function grownOld(workspaceId: string, conversationId: string): Promise<void> {
  const [pool, database] = [openPool(app.database, null, 1), connect(app.database, { poolMax: 1 })];
  try {
    await pool`update conversation set last_message_at = now() - interval '31 days' where id = ${conversationId}`;
    await createInWorkspace(database, () => {})(workspaceId, async (ws) => queueRetention(ws));
  } finally {
    await pool.end({ timeout: 5 });
    await database.close();
  }
}

describe("a deleted workspace", () => {
  it("is shut at once for person, key and stream, then emptied with proof, and its neighbour keeps everything", async () => {
    const [mine, theirs] = [await settle("ada"), await settle("bob")];
    const { client } = mine.owner;
    const before = await contentsOf(theirs);
    expect(filesOf(mine.owner).length).toBeGreaterThan(0);
    const { name, id: workspaceId } = await client.api.workspaces.get.query();
    const streamed = (async () => {
      for await (const _ of client.follow.workspace({}, { signal: AbortSignal.timeout(doneWithinMs) }));
    })();
    const ended = streamed.catch((error: unknown) => error);

    await expect(client.api.workspaces.delete.mutate({ confirm: "another" })).rejects.toMatchObject({ data: { reason: "validation" } });
    expect(await client.api.workspaces.delete.mutate({ confirm: name })).toMatchObject({ workspaceId, doneAt: null });
    await expect(client.api.workspaces.get.query()).rejects.toMatchObject({ data: { code: "NOT_FOUND", reason: "not_a_member" } });
    await expect(client.api.workspaces.delete.mutate({ confirm: name })).rejects.toMatchObject({ data: { reason: "not_a_member" } });
    const byKey = await fetch(`${app.url}/v1/agents`, { headers: { authorization: `Bearer ${mine.key}` } });
    expect(byKey.status).toBe(401);
    expect(await ended).toMatchObject({ reason: "not_a_member" });
    expect((await client.api.auth.me.query()).memberships).toEqual([]);

    const orders = async () => (await client.api.workspaces.purges.list.query()).items;
    await until(async () => (await orders())[0]?.doneAt != null, "the workspace to be removed", doneWithinMs);
    const [order] = await orders();
    expect(order).toMatchObject({
      workspaceName: name,
      report: {
        removed: { vectors: expect.any(Number), files: 2 },
        left: { rows: 0, vectors: 0, files: 0, keys: 0 },
      },
    });
    const removed = order?.report?.removed.rows ?? {};
    for (const table of [
      "message",
      "conversation",
      "turn",
      "reply_trace",
      "event",
      "chunk",
      "document",
      "api_key",
      "sealed_secret",
      "audit_entry",
    ]) {
      expect([table, removed[table] ?? 0]).toEqual([table, expect.toSatisfy((count: number) => count > 0)]);
    }
    expect(order?.report?.removed.vectors).toBeGreaterThan(0);
    expect(filesOf(mine.owner)).toEqual([]);
    await expect(client.api.workspaces.restore.mutate({ workspaceId })).rejects.toMatchObject({ data: { reason: "invalid_state" } });
    expect((await theirs.owner.client.api.workspaces.purges.list.query()).items).toEqual([]);
    expect(await contentsOf(theirs)).toEqual(before);
  }, 180_000);

  it("is given back within its grace, and answers again", async () => {
    const { owner, agentId, key } = await settle("eve");
    const { name, id: workspaceId } = await owner.client.api.workspaces.get.query();
    await owner.client.api.workspaces.delete.mutate({ confirm: name, graceDays: 7 });
    await expect(owner.client.api.agents.list.query()).rejects.toMatchObject({ data: { reason: "not_a_member" } });
    const stranger = await app.found("stranger");
    await expect(stranger.client.api.workspaces.restore.mutate({ workspaceId })).rejects.toMatchObject({ data: { reason: "not_found" } });
    expect(await owner.client.api.workspaces.restore.mutate({ workspaceId })).toMatchObject({ id: workspaceId, name });
    expect((await fetch(`${app.url}/v1/agents`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    expect((await replyTo(owner.client, agentId, "How long may I return a parcel?")).message.text).toContain("thirty days");
  }, 120_000);
});

describe("a conversation that retention removes", () => {
  it("is not found any more, and whoever follows it or its workspace goes on without it", async () => {
    const { owner, agentId, conversationId } = await settle("ada");
    const { api } = owner.client;
    await api.workspaces.update.mutate({ retention: { conversationsDays: 30 } });
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(doneWithinMs)]);
    const seen: string[] = [];
    const following = (async () => {
      for await (const { event } of owner.client.follow.conversation({ conversationId }, { signal })) seen.push(event.type);
    })();
    const heard: string[] = [];
    const hearing = (async () => {
      for await (const { event } of owner.client.follow.workspace({}, { signal }))
        heard.push("conversationId" in event ? event.conversationId : "");
    })();
    await grownOld(owner.workspaceId, conversationId);
    const gone = () =>
      api.conversations.get.query({ conversationId }).then(
        () => false,
        () => true,
      );
    await until(gone, "the conversation to be removed", doneWithinMs);
    await expect(api.conversations.get.query({ conversationId })).rejects.toMatchObject({
      data: { code: "NOT_FOUND", reason: "not_found" },
    });
    await expect(api.conversations.send.mutate({ conversationId, text: "Still there?" })).rejects.toMatchObject({
      data: { reason: "not_found" },
    });
    expect((await api.workspaces.audit.list.query({ action: "retention.applied" })).items[0]).toMatchObject({
      actor: { kind: "system" },
      after: expect.any(Object),
    });
    const next = await replyTo(owner.client, agentId, "How long may I return a parcel?");
    expect(next.message.text).toContain("thirty days");
    await until(async () => heard.includes(next.conversationId), "news of the workspace", doneWithinMs);
    ended.abort();
    expect(await Promise.allSettled([following, hearing])).toMatchObject([{ status: expect.any(String) }, { status: "fulfilled" }]);
    expect(seen.filter((type) => type === "message.created")).toEqual([]);
  }, 120_000);
});
