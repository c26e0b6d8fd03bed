/** Sockets: how many, how loud, how long, and how soon one is over for whoever may not come in any more. */
import { createAxonClient } from "@axon/client/client";
import { createAccessTokens } from "@axon/core/auth";
import { openPool } from "@axon/db/connect";
import type { DoorOptions } from "@axon/server/door-options";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { type HandSocket, type HandSocketOptions, openHandSocket } from "./door.fixture.ts";

/** The product's own promise: from the commit that takes a right away to the end of what it gave. */
const leavesWithinMs = 2_000;
/** The server with small limits; the other one has those of production. */
const small = 1;
/** The one that soon closes whoever is silent or gone. */
const watchful = 2;

const doors: Record<number, Partial<DoorOptions>> = {
  0: { expiredSocketMs: 300 },
  [small]: { streamsPerSocket: 5, messagesPerSecond: 5, messagesAtOnce: 20, messageBytesMax: 4_096 },
  [watchful]: { silentSocketMs: 2_000, pingMs: 1_000, pongWaitMs: 2_000 },
};

let app: App;
let owner: Owner;
let admin: ReturnType<typeof openPool>;
const opened: HandSocket[] = [];

beforeAll(async () => {
  app = await openApp({
    workers: 0,
    servers: 3,
    limits: { address: { sockets: 12 }, caller: { sockets: 4 }, workspace: { streams: 30 } },
    door: (server) => doors[server] ?? {},
  });
  owner = await app.found();
  admin = openPool(app.database, null, 1);
}, 180_000);
afterAll(async () => {
  await admin.end({ timeout: 5 });
  await app.close();
});
afterEach(async () => {
  for (const { socket } of opened) socket.terminate();
  await Promise.all(opened.splice(0).map(({ closed }) => closed));
});

async function open(options: HandSocketOptions = {}, server = 0): Promise<HandSocket> {
  const socket = await openHandSocket(app.urls[server] ?? "", options);
  opened.push(socket);
  return socket;
}
const follow = (socket: HandSocket) => socket.call("subscription", "conversations.onWorkspace", {});
const ended = (socket: HandSocket) => socket.frame(({ error }) => error !== undefined);

describe("sockets", () => {
  it("of one address are so many and no more, at each server, and a place is free again when one is closed", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => open({}, small)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(12);
    for (const one of tries) {
      if (one.status === "rejected") expect(one.reason).toMatchObject({ status: 429, body: expect.stringContaining("rate_limited") });
    }
    opened[0]?.socket.terminate();
    await expect
      .poll(() =>
        open({}, small).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it("of one caller are so many and no more", async () => {
    const other = await app.found("other");
    const sockets = await Promise.all(Array.from({ length: 6 }, () => open(other)));
    const answers = await Promise.all(sockets.map((socket) => socket.call("query", "auth.me")));
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(4);
    const refused = sockets.filter((_, position) => answers[position]?.error !== undefined);
    expect(refused).toHaveLength(2);
    for (const { closed } of refused) expect(await closed).toEqual({ code: 4429, reason: "rate_limited" });
  });

  it("carry so many streams each, and a place is free again when one is stopped", async () => {
    const socket = await open(owner, small);
    for (let id = 1; id <= 7; id++) socket.send({ id, method: "subscription", params: { path: "conversations.onWorkspace", input: {} } });
    const refused = await socket.frame(({ error }) => error !== undefined);
    expect(refused.error?.data).toMatchObject({ reason: "rate_limited" });
    await socket.frame((frame) => frame.error !== undefined && frame.id !== refused.id);
    // Which two it hits is up to who was looked up first.
    const refusals = () => socket.frames.flatMap(({ id, error }) => (error === undefined ? [] : [id]));
    expect(refusals()).toHaveLength(2);
    const first = [1, 2, 3, 4, 5, 6, 7].find((id) => !refusals().includes(id));
    socket.send({ id: first, method: "subscription.stop" });
    await socket.frame(({ id, result }) => id === first && result?.type === "stopped");
    socket.send({ id: 8, method: "subscription", params: { path: "conversations.onWorkspace", input: {} } });
    await socket.frame(({ id, result }) => id === 8 && result?.type === "started");
    expect(socket.frames.filter(({ error }) => error !== undefined)).toHaveLength(2);
  });

  it("of one workspace carry so many streams together", async () => {
    const crowd = await app.found("crowd");
    const sockets = [await open(crowd), await open(crowd)];
    for (const socket of sockets)
      for (let id = 1; id <= 20; id++)
        socket.send({ id, method: "subscription", params: { path: "conversations.onWorkspace", input: {} } });
    const refusals = () => sockets.flatMap(({ frames }) => frames.filter(({ error }) => error?.data.reason === "rate_limited"));
    await expect.poll(() => refusals().length, { timeout: 20_000 }).toBe(10);
  });

  it("that speak too much, too long or no JSON are closed with a word for it", async () => {
    const loud = await open(owner, small);
    for (let id = 1; id <= 200; id++) loud.send({ id, method: "query", params: { path: "auth.me" } });
    expect(await loud.closed).toEqual({ code: 4429, reason: "rate_limited" });
    expect(loud.frames.length).toBeLessThanOrEqual(25);

    const pings = await open({}, small);
    for (let count = 0; count < 200; count++) pings.send("PING");
    expect(await pings.closed).toEqual({ code: 4429, reason: "rate_limited" });

    const long = await open(owner, small);
    long.send({ id: 1, method: "query", params: { path: "auth.me", input: "x".repeat(5_000) } });
    expect((await long.closed).code).toBe(1009);

    const bytes = await open({}, small);
    bytes.socket.send(Buffer.from([1, 2, 3]), { binary: true });
    expect(await bytes.closed).toEqual({ code: 4400, reason: "validation" });
  });

  it("that say nothing are closed, though they answer when asked whether they are there", async () => {
    const [silent, pinging] = [await open({}, watchful), await open({ params: false }, watchful)];
    const answering = setInterval(() => pinging.send("PING"), 100);
    expect(await silent.closed).toEqual({ code: 4408, reason: "too_slow" });
    expect(await pinging.closed).toEqual({ code: 4408, reason: "too_slow" });
    clearInterval(answering);
  });

  it("whose other end has gone without a word are noticed", async () => {
    const socket = await open(owner, watchful);
    await socket.call("query", "auth.me");
    // Answers to PING are our test's to send, and it sends none.
    expect((await socket.closed).code).toBe(1006);
  });

  it("stay open for a caller who is idle but there", async () => {
    const socket = await open(owner, watchful);
    socket.socket.on("message", (data) => {
      if (String(data) === "PING") socket.socket.send("PONG");
    });
    await follow(socket);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  });
});

/** Two sockets at two servers, each with a stream that has started: what is taken away at one must be gone at the other. */
async function twoStreams(caller: HandSocketOptions): Promise<[HandSocket, HandSocket]> {
  const pair: [HandSocket, HandSocket] = [await open(caller, 0), await open(caller, small)];
  for (const socket of pair) expect((await follow(socket)).result?.type).toBe("started");
  return pair;
}

/** Measures from the end of `act` to the first refusal on each socket. */
async function timed(
  sockets: readonly HandSocket[],
  act: () => Promise<unknown>,
): Promise<{ ms: number; reasons: (string | undefined)[] }> {
  await act();
  const startedAt = performance.now();
  const refusals = await Promise.all(sockets.map(ended));
  return { ms: performance.now() - startedAt, reasons: refusals.map(({ error }) => error?.data.reason) };
}

describe("a right that is taken away", () => {
  it("by signing out ends the streams of that session within two seconds, closes its sockets, and leaves others alone", async () => {
    const leaving = await app.found("leaving");
    const staying = await app.found("staying");
    const [one, two] = await twoStreams(leaving);
    const other = await open(staying);
    await follow(other);
    const { ms, reasons } = await timed([one, two], () => leaving.client.api.auth.signOut.mutate());
    expect(reasons).toEqual(["unauthorized", "unauthorized"]);
    expect(ms).toBeLessThan(leavesWithinMs);
    for (const { closed } of [one, two]) expect(await closed).toEqual({ code: 4001, reason: "unauthorized" });
    expect(other.frames.some(({ error }) => error !== undefined)).toBe(false);
    expect((await other.call("query", "auth.me")).result).toBeDefined();
  });

  it("in the database alone, without any hint, is noticed within two seconds too", async () => {
    const leaving = await app.found("leaving");
    const sockets = await twoStreams(leaving);
    const { ms, reasons } = await timed(
      sockets,
      () => admin`update session set revoked_at = now() where account_id = ${leaving.session.user.id}`,
    );
    expect(reasons).toEqual(["unauthorized", "unauthorized"]);
    expect(ms).toBeLessThan(leavesWithinMs);
  });

  it("is gone for the very next call on a socket that is still open", async () => {
    const leaving = await app.found("leaving");
    const socket = await open(leaving);
    expect((await socket.call("query", "auth.me")).result).toBeDefined();
    await admin`update session set revoked_at = now() where account_id = ${leaving.session.user.id}`;
    const answer = await socket.call("mutation", "agents.create", { name: "Too late" });
    expect(answer.error?.data.reason).toBe("unauthorized");
    const [{ made } = { made: -1 }] = await admin<{ made: number }[]>`select count(*)::int as made from agent where name = 'Too late'`;
    expect(made).toBe(0);
  });

  it("with an API key ends its streams", async () => {
    const { client, workspaceId } = await app.found("keyed");
    const key = await client.api.workspaces.apiKeys.create.mutate({ name: "ci" });
    const sockets = await twoStreams({ token: key.secret ?? "" });
    const { ms, reasons } = await timed(sockets, () => client.api.workspaces.apiKeys.revoke.mutate({ apiKeyId: key.id }));
    expect(reasons).toEqual(["unauthorized", "unauthorized"]);
    expect(ms).toBeLessThan(leavesWithinMs);
    const expiring = await client.api.workspaces.apiKeys.create.mutate({ name: "expiring" });
    const more = await twoStreams({ token: expiring.secret ?? "" });
    const expired = await timed(
      more,
      () => admin`update api_key set expires_at = now() where workspace_id = ${workspaceId} and id = ${expiring.id}`,
    );
    expect(expired.reasons).toEqual(["unauthorized", "unauthorized"]);
    expect(expired.ms).toBeLessThan(leavesWithinMs);
  });

  it("with a membership or its workspace ends the streams in that workspace, but not the session", async () => {
    const leaving = await app.found("leaving");
    for (const take of [
      () => admin`update workspace set deleted_at = now() where id = ${leaving.workspaceId}`,
      () => admin`delete from membership where workspace_id = ${leaving.workspaceId}`,
    ]) {
      const sockets = await twoStreams(leaving);
      const { ms, reasons } = await timed(sockets, take);
      expect(reasons).toEqual(["not_a_member", "not_a_member"]);
      expect(ms).toBeLessThan(leavesWithinMs);
      expect((await sockets[0].call("query", "auth.me")).result).toBeDefined();
      await admin`update workspace set deleted_at = null where id = ${leaving.workspaceId}`;
      for (const { socket } of sockets) socket.terminate();
      await Promise.all(sockets.map(({ closed }) => closed));
    }
  });

  it("delivers nothing more, however much happens", async () => {
    const leaving = await app.found("leaving");
    const agent = await leaving.client.api.agents.create.mutate({ name: "Ada" });
    const key = await leaving.client.api.workspaces.apiKeys.create.mutate({ name: "ci" });
    const socket = await open({ token: key.secret ?? "" });
    await follow(socket);
    let talking = true;
    const talk = (async () => {
      while (talking) await leaving.client.api.conversations.start.mutate({ agentId: agent.id, text: "Hello" });
    })();
    await socket.frame(({ result }) => result?.type === "data");
    await leaving.client.api.workspaces.apiKeys.revoke.mutate({ apiKeyId: key.id });
    await ended(socket);
    const end = socket.frames.findIndex(({ error }) => error !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    talking = false;
    await talk;
    expect(socket.frames.slice(end + 1).filter(({ result }) => result?.type === "data")).toEqual([]);
  });
});

/** A token of the owner's session that ends soon. */
async function endingToken(one: Owner, ttlSeconds: number): Promise<string> {
  const { sid } = JSON.parse(Buffer.from(one.token.split(".")[1] ?? "", "base64url").toString());
  const tokens = await createAccessTokens({ secrets: ["a".repeat(32)], ttlSeconds });
  return (await tokens.sign({ accountId: one.session.user.id, sessionId: sid })).token;
}

describe("an access token that expires", () => {
  it("ends the streams it opened within two seconds, with the word that tells a client to renew it, and later the socket", async () => {
    const [one, two] = await twoStreams({ ...owner, token: await endingToken(owner, 6) });
    const refusals = await Promise.all([ended(one), ended(two)]);
    for (const { error } of refusals) expect(error?.data).toMatchObject({ reason: "token_expired", code: "UNAUTHORIZED" });
    expect((await owner.client.api.auth.me.query()).user.id).toBe(owner.session.user.id);
    expect(await one.closed).toEqual({ code: 4001, reason: "token_expired" });
  });

  it("is renewed by our own client, which goes on in its place: nothing twice, nothing missing", async () => {
    const busy = await app.found("busy");
    const agent = await busy.client.api.agents.create.mutate({ name: "Ada" });
    const accessToken = await endingToken(busy, 3);
    const renewed: string[] = [];
    const client = createAxonClient({
      url: app.url,
      session: { ...busy.session, accessToken },
      onSession: (session) => void renewed.push(session.accessToken),
    });
    const read: string[] = [];
    const stopped = new AbortController();
    const following = (async () => {
      for await (const { id } of client.follow.workspace({ lastEventId: "0" }, { signal: stopped.signal })) read.push(id);
    })();
    const enough = () => renewed.length > 0 && read.length > 0;
    for (let count = 0; count < 400 && !enough(); count++)
      await busy.client.api.conversations.start.mutate({ agentId: agent.id, text: "Hello" });
    expect(renewed).toHaveLength(1);
    await busy.client.api.conversations.start.mutate({ agentId: agent.id, text: "Last" });
    const [{ last } = { last: 0 }] = await admin<
      { last: number }[]
    >`select last::int from workspace_cursor where workspace_id = ${busy.workspaceId}`;
    await expect.poll(() => Number(read.at(-1)), { timeout: 20_000 }).toBe(last);
    stopped.abort();
    await following;
    expect(read.map(Number)).toEqual(Array.from({ length: last }, (_, position) => position + 1));
    await client.close();
  });
});

describe("our own client", () => {
  it("whose session was revoked is told so once, and does not come back again and again", async () => {
    const leaving = await app.found("leaving");
    const client = createAxonClient({ url: app.url, session: leaving.session });
    const following = (async () => {
      for await (const _ of client.follow.workspace());
    })();
    const told = following.then(
      () => null,
      (error: unknown) => error,
    );
    await client.api.auth.me.query();
    await expect.poll(async () => (await metric("axon_live_streams")) > 0).toBe(true);
    await admin`update session set revoked_at = now() where account_id = ${leaving.session.user.id}`;
    expect(await told).toMatchObject({ code: "UNAUTHORIZED" });
    await expect.poll(async () => await metric("axon_live_sockets"), { timeout: 20_000 }).toBe(0);
    await client.close();
  });
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}
