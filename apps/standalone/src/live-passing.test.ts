/** What is told in passing, to readers at two servers: who writes and who is there; and what a reader finds who was away too long. */

import { tailEvents } from "@axon/cli/commands/events";
import { createAxonClient } from "@axon/client/client";
import type { FollowedEvent } from "@axon/client/follow";
import { connect, openPool } from "@axon/db/connect";
import { pruneOldEvents } from "@axon/db/prune-events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";

let app: App;
let owner: Owner;
let agentId: string;
let admin: ReturnType<typeof openPool>;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  app = await openApp({ servers: 2, workers: 0 });
  owner = await app.found();
  agentId = (await owner.client.api.agents.create.mutate({ name: "Ada" })).id;
  admin = openPool(app.database, null, 1);
}, 180_000);
afterAll(async () => {
  for (const close of closing) await close();
  await admin.end({ timeout: 5 });
  await app.close();
});

/** Reads in the background; `seen` grows. */
function reading(events: AsyncIterable<FollowedEvent>): FollowedEvent[] {
  const seen: FollowedEvent[] = [];
  void (async () => {
    for await (const one of events) seen.push(one);
  })().catch(() => {});
  return seen;
}
const soon = { timeout: 20_000 };

async function startTalk(): Promise<{ conversationId: string; lastEventId: string }> {
  const { conversation } = await owner.client.api.conversations.start.mutate({ agentId, text: "Hello" });
  return { conversationId: conversation.id, lastEventId: conversation.lastEventId };
}

describe("somebody who writes", () => {
  it("is told of at every server, at most every two seconds, and moves nobody's place", async () => {
    const talk = await startTalk();
    const seen = reading(owner.at(1).follow.conversation({ ...talk, lastEventId: "0" }));
    await expect.poll(() => seen.length, soon).toBeGreaterThan(0);
    const durable = seen.length;
    const { conversationId } = talk;
    const typing = (on: boolean) => owner.client.api.conversations.typing.mutate({ conversationId, on });
    expect(await typing(true)).toEqual({ told: true });
    expect(await typing(true)).toEqual({ told: false });
    expect(await typing(false)).toEqual({ told: true });
    await expect.poll(() => seen.length, soon).toBe(durable + 2);
    const place = seen[durable - 1]?.id;
    expect(seen.slice(durable)).toMatchObject([
      { id: place, event: { type: "typing", conversationId, on: true, actor: { kind: "member", id: owner.session.user.id } } },
      { id: place, event: { type: "typing", on: false } },
    ]);
    await owner.client.api.conversations.send.mutate({ conversationId, text: "And?" });
    await expect.poll(() => seen.at(-1)?.event.type, soon).toBe("message.created");
    // Nobody who comes later is told of it.
    const later = reading(owner.at(0).follow.conversation({ conversationId, lastEventId: "0" }));
    await expect.poll(() => later.at(-1)?.id, soon).toBe(seen.at(-1)?.id);
    expect(later.some(({ event }) => event.type === "typing")).toBe(false);
  });

  it("in another workspace is nobody's business", async () => {
    const { conversationId } = await startTalk();
    const stranger = await app.found("stranger");
    await expect(stranger.client.api.conversations.typing.mutate({ conversationId, on: true })).rejects.toMatchObject({
      data: { reason: "not_found" },
    });
  });
});

describe("a member", () => {
  it("is there from the first of their streams to the end of the last, at whatever server, and colleagues are told", async () => {
    const house = await app.found("house");
    const presence = async () => (await house.client.api.workspaces.presence.query()).online;
    expect(await presence()).toEqual([]);
    const key = await house.client.api.workspaces.apiKeys.create.mutate({ name: "screen" });
    const screen = createAxonClient({ url: app.urls[1] ?? "", token: key.secret ?? "", workspaceId: house.workspaceId });
    closing.push(() => screen.close());
    const seen = reading(screen.follow.workspace({ lastEventId: "0" }));
    const [first, second] = [new AbortController(), new AbortController()];
    reading(house.at(0).follow.workspace({}, { signal: first.signal }));
    reading(house.at(1).follow.workspace({}, { signal: second.signal }));
    await expect.poll(presence, soon).toEqual([house.session.user.id]);
    first.abort();
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(await presence()).toEqual([house.session.user.id]);
    second.abort();
    await expect.poll(presence, soon).toEqual([]);
    expect((await owner.client.api.workspaces.presence.query()).online).not.toContain(house.session.user.id);
    expect(seen.filter(({ event }) => event.type === "presence").every(({ event }) => event.workspaceId === house.workspaceId)).toBe(true);
  });
});

describe("a reader who was away for longer than events are kept", () => {
  it("is told to begin anew, of a conversation as of the workspace, and misses nothing from then on", async () => {
    const talk = await startTalk();
    await owner.client.api.conversations.send.mutate({ conversationId: talk.conversationId, text: "Anybody?" });
    const other = await app.found("other");
    const otherAgent = await other.client.api.agents.create.mutate({ name: "Bo" });
    const kept = await other.client.api.conversations.start.mutate({ agentId: otherAgent.id, text: "Mine is young" });
    await admin`update event set at = now() - interval '31 days' where workspace_id = ${owner.workspaceId}`;
    const database = connect(app.database, { poolMax: 2 });
    closing.push(() => database.close());
    await admin`update workspace set legal_hold = true where id = ${owner.workspaceId}`;
    await pruneOldEvents(database, 30, new AbortController().signal);
    const count = async () => Number((await admin`select count(*) from event where workspace_id = ${owner.workspaceId}`)[0]?.["count"]);
    expect(await count()).toBeGreaterThan(0); // Nothing goes under legal hold.
    await admin`update workspace set legal_hold = false where id = ${owner.workspaceId}`;
    await pruneOldEvents(database, 30, new AbortController().signal);
    expect(await count()).toBe(0);
    const conversation = reading(owner.client.follow.conversation({ conversationId: talk.conversationId, lastEventId: "1" }));
    const workspace = reading(owner.at(1).follow.workspace({ lastEventId: "1" }));
    await expect.poll(() => [conversation[0]?.event.type, workspace[0]?.event.type], soon).toEqual(["resync", "resync"]);
    const snapshot = await owner.client.api.conversations.get.query({ conversationId: talk.conversationId });
    expect(conversation[0]?.id).toBe(snapshot.lastEventId);
    await owner.client.api.conversations.send.mutate({ conversationId: talk.conversationId, text: "Still here" });
    await expect.poll(() => conversation.some(({ event }) => event.type === "message.created"), soon).toBe(true);
    await expect.poll(() => workspace.some(({ event }) => event.type === "message.created"), soon).toBe(true);
    expect(Number(conversation[1]?.id)).toBe(Number(conversation[0]?.id) + 1);
    // Another workspace's young events are all there.
    const theirs = reading(other.client.follow.conversation({ conversationId: kept.conversation.id, lastEventId: "0" }));
    await expect.poll(() => theirs[0]?.event.type, soon).toBe("conversation.created");
  });

  it("never loses what is younger than a day, whoever prunes", async () => {
    await startTalk();
    const database = connect(app.database, { poolMax: 1 });
    closing.push(() => database.close());
    const [{ before } = { before: -1 }] = await admin<{ before: number }[]>`select count(*)::int as before from event`;
    await pruneOldEvents(database, 0, new AbortController().signal);
    await database.engine`delete from event where at <= now()`;
    const [{ after } = { after: -2 }] = await admin<{ after: number }[]>`select count(*)::int as after from event`;
    expect(after).toBe(before);
  });
});

describe("axon events tail", () => {
  it("prints what happens from a place on, a line each, and ends when it is told to", async () => {
    const { conversationId } = await startTalk();
    const lines: string[] = [];
    const ending = new AbortController();
    const style = new Proxy({}, { get: () => (text: string) => text });
    const write = (text: string) => {
      lines.push(...text.trimEnd().split("\n"));
      if (text.includes("Hello")) ending.abort();
    };
    // safe: what the command uses of a terminal
    const io = { stdout: { write }, stderr: { write: () => {} }, style } as unknown as Parameters<typeof tailEvents>[1];
    expect(await tailEvents(owner.client, io, { conversation: conversationId, from: "0", signal: ending.signal })).toBe(0);
    expect(lines[0]).toMatch(/^1 \S+ conversation\.created /);
    expect(lines.at(-1)).toMatch(/message\.created \S+ contact: Hello$/);
  });
});
