/** The front door as a stranger's tools see it: every no in one shape, nothing of our insides, streams that resume. */
import { request } from "node:http";
import { createLocalProvider } from "@axon/ai/local/provider";
import { createAccessTokens } from "@axon/core/auth";
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { call, headersOf, readStream, type ServerSentEvent } from "./wire.fixture.ts";

interface WireError {
  message: string;
  data: {
    code: string;
    httpStatus: number;
    path: string | null;
    reason: string;
    fields: Record<string, string> | null;
    requestId: string | null;
  };
}

let app: App;
let owner: Owner;
let me: { token: string; workspaceId: string };

beforeAll(async () => {
  const provider = createLocalProvider();
  const embed: typeof provider.embedder.embed = async (texts, options) => {
    if (texts.some((text) => text.includes("break"))) throw new Error("connect ECONNREFUSED postgres://axon:hunter2@db");
    return provider.embedder.embed(texts, options);
  };
  app = await openApp({ provider: { ...provider, embedder: { ...provider.embedder, embed } } });
  owner = await app.found();
  me = { token: owner.token, workspaceId: owner.workspaceId };
}, 180_000);
afterAll(() => app.close());

async function post(
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; error: WireError }> {
  const response = await fetch(`${app.url}/trpc/${path}`, {
    method: "POST",
    headers: { ...headersOf(me), "content-type": "application/json", ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, error: JSON.parse(text).error };
}

describe("a no", () => {
  it("to bad input names each bad field, and the request it belongs to", async () => {
    const { status, headers, error } = await post(
      "agents.create",
      JSON.stringify({ name: "", temperature: 3, handoff: { afterFailedTurns: 0 }, colour: "red" }),
    );
    expect(status).toBe(400);
    expect(error.data).toMatchObject({ code: "BAD_REQUEST", reason: "validation", path: "agents.create" });
    expect(Object.keys(error.data.fields ?? {}).toSorted()).toEqual(["(input)", "handoff.afterFailedTurns", "name", "temperature"]);
    expect(error.data.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("x-request-id")).toBe(error.data.requestId);
  });

  it.each([
    ["no JSON", "{", 400, "BAD_REQUEST"],
    ["the wrong shape", "[]", 400, "BAD_REQUEST"],
    ["nothing", "", 400, "BAD_REQUEST"],
  ])("to %s is the caller's fault, not ours", async (_what, body, status, code) => {
    const answer = await post("agents.create", body);
    expect([answer.status, answer.error.data.code, answer.error.data.reason]).toEqual([status, code, "validation"]);
  });

  it.each([
    ["a name", "agents.create", { name: "a\u0000b" }],
    ["a key", "agents.create", { name: "a", idempotencyKey: "\u0000" }],
    ["a source", "knowledge.sources.create", { kind: "text", name: "a\u0000b" }],
    ["a login", "auth.signIn", { email: "a@example.com", password: "\u0000" }],
    ["a refresh token", "auth.refresh", { refreshToken: "\u0000" }],
  ])("to U+0000 in %s is the caller's fault as well", async (_where, path, input) => {
    const { status, error } = await post(path, JSON.stringify(input));
    expect(status, error.message).toBeGreaterThanOrEqual(400);
    expect(status, error.message).toBeLessThan(500);
  });

  it.each([
    ["agents.create", { name: "Ada", fallbackMessage: "\ud800" }, "fallbackMessage"],
    ["workspaces.create", { name: "\udfff\ud800" }, "name"],
    ["workspaces.update", { name: "\ud800" }, "name"],
    ["conversations.start", { agentId: newId(), text: "half an \ud83d" }, "text"],
  ])("to half a character in %s says where it is", async (path, input, place) => {
    const { status, error } = await post(path, JSON.stringify(input));
    expect([status, error.data.reason, Object.keys(error.data.fields ?? {})]).toEqual([400, "validation", [place]]);
  });

  it.each(["TRACE", "PUT", "DELETE", "PATCH"])("to %s at a procedure says that it is no way to call one", async (method) => {
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${app.url}/trpc/auth.me`, { method }, (answer) => resolve(answer.resume().statusCode));
      sent.once("error", reject).end();
    });
    expect(status).toBe(405);
  });

  it("to an unknown procedure or path says that it is not there", async () => {
    expect((await post("agents.explode", "{}")).error.data).toMatchObject({ code: "NOT_FOUND", reason: "not_found" });
    expect((await fetch(`${app.url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${app.url}/trpc/agents.create?input=%7B%22name%22%3A%22x%22%7D`, { headers: headersOf(me) })).status).toBe(405);
  });

  it("because of us says only that, and whom to name it by", async () => {
    const answer = await call(app.url, "query", "knowledge.search", { query: "break it" }, me);
    expect(answer).toMatchObject({ status: 500, code: "INTERNAL_SERVER_ERROR", reason: "internal" });
    for (const inside of ["hunter2", "ECONNREFUSED", "stack", ".ts", "postgres"]) expect(answer.text).not.toContain(inside);
    expect(answer.text).toContain("requestId");
  });

  it.each([
    ["made up"],
    [Buffer.from("[99999999999999]").toString("base64url")],
    [Buffer.from(`["2026-02-30T00:00:00.000Z","${newId()}"]`).toString("base64url")],
    [Buffer.from(`["1","${newId()}"]`).toString("base64url")],
  ])("to the made-up cursor %s is the caller's fault", async (cursor) => {
    for (const path of ["conversations.list", "knowledge.documents.list", "agents.list", "workspaces.list"]) {
      expect(await call(app.url, "query", path, { cursor }, me), path).toMatchObject({ status: 400, reason: "validation" });
    }
  });

  it.each(["x", "-1", "1.2.3", "1e9", "9".repeat(30)])("to the made-up place %s in a stream is the caller's fault", async (lastEventId) => {
    for (const path of ["conversations.onWorkspace", "knowledge.onProgress"]) {
      expect(await call(app.url, "subscription", path, { lastEventId }, me), path).toMatchObject({
        code: "BAD_REQUEST",
        reason: "validation",
      });
    }
  });
});

describe("a credential", () => {
  it.each([
    ["none at all", undefined],
    ["a made-up key", "axk_made_up"],
    ["a made-up token", "eyJhbGciOiJIUzI1NiJ9.e30.x"],
  ])("that is %s is refused with the same word", async (_what, token) => {
    expect(await call(app.url, "query", "auth.me", undefined, { token })).toMatchObject({
      status: 401,
      code: "UNAUTHORIZED",
      reason: "unauthorized",
    });
  });

  it("that has expired is told apart, so that a client knows to renew it", async () => {
    const past = await createAccessTokens({ secrets: ["a".repeat(32)], ttlSeconds: -60 });
    const { token } = await past.sign({ accountId: newId(), sessionId: newId() });
    expect(await call(app.url, "query", "auth.me", undefined, { token })).toMatchObject({
      status: 401,
      code: "UNAUTHORIZED",
      reason: "token_expired",
    });
    const forged = await createAccessTokens({ secrets: ["b".repeat(32)], ttlSeconds: -60 });
    expect(
      await call(app.url, "query", "auth.me", undefined, { token: (await forged.sign({ accountId: newId(), sessionId: newId() })).token }),
    ).toMatchObject({ reason: "unauthorized" });
  });

  it("is right for no workspace whose name is no id", async () => {
    expect(
      await call(app.url, "query", "workspaces.get", undefined, { token: me.token, workspaceId: "'; drop table workspace; --" }),
    ).toMatchObject({ code: "NOT_FOUND", reason: "not_a_member" });
    expect(await call(app.url, "query", "workspaces.get", undefined, { token: me.token })).toMatchObject({
      status: 400,
      reason: "workspace_required",
    });
  });
});

describe("limits", () => {
  const batch = (calls: number) =>
    fetch(`${app.url}/trpc/${Array(calls).fill("auth.me").join(",")}?batch=1&input=%7B%7D`, { headers: headersOf(me) });

  it("take a batch of fifty calls and no more", async () => {
    const fifty = await batch(50);
    expect(fifty.status).toBe(200);
    expect(JSON.parse(await fifty.text())).toHaveLength(50);
    const more = await batch(51);
    expect(more.status).toBe(400);
    expect(await more.text()).not.toContain(me.workspaceId);
  });

  it("take the longest text that may be added, and refuse a body beyond it", async () => {
    const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "text", name: "Long" });
    const text = (chars: number) => JSON.stringify({ sourceId: source.id, name: "Long", text: "€".repeat(chars) });
    expect((await post("knowledge.documents.addText", text(1_000_001))).error.data).toMatchObject({
      reason: "validation",
      fields: { text: expect.any(String) },
    });
    const refused = await fetch(`${app.url}/trpc/knowledge.documents.addText`, {
      method: "POST",
      headers: { ...headersOf(me), "content-type": "application/json" },
      body: text(2_200_000),
    }).catch(() => null);
    // A server may also hang up on a body that it has refused already.
    if (refused) {
      expect(refused.status).toBe(413);
      expect(refused.headers.get("x-request-id")).toBeTruthy();
    }
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });
});

describe("browsers", () => {
  const preflight = (origin: string) =>
    fetch(`${app.url}/trpc/agents.create`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,x-workspace-id" },
    });

  it("of the dashboard may call, and those of other sites may not", async () => {
    const ours = await preflight("http://localhost:3000");
    expect(ours.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(ours.headers.get("access-control-allow-headers")).toContain("x-workspace-id");
    expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
    const simple = await fetch(`${app.url}/trpc/auth.me`, { headers: { ...headersOf(me), origin: "https://evil.example" } });
    expect(simple.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each([
    ["http://localhost:3000", 101],
    [undefined, 101],
    ["https://evil.example", 403],
    ["http://localhost:3000.evil.example", 403],
    ["null", 403],
  ])("from %s that open a socket are answered %d", async (origin, status) => {
    expect(await upgrade("/trpc", origin)).toBe(status);
  });

  it("are told to keep to themselves what they get", async () => {
    const { headers } = await fetch(`${app.url}/healthz`);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-powered-by")).toBeNull();
  });
});

function upgrade(path: string, origin: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, app.url);
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.from("0123456789abcdef").toString("base64"),
      ...(origin === undefined ? {} : { origin }),
    };
    const asked = request(url, { headers });
    asked.once("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    asked.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end();
  });
}

describe("health", () => {
  it("says that it lives, that it is ready, and its numbers", async () => {
    expect(await (await fetch(`${app.url}/healthz`)).json()).toEqual({ status: "ok" });
    const ready = await fetch(`${app.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: "ready" }]);
    const metrics = await fetch(`${app.url}/metrics`);
    expect(metrics.headers.get("content-type")).toContain("text/plain");
    expect(await metrics.text()).toMatch(/^axon_live_streams \d+$/m);
  });
});

describe("an upload link", () => {
  const place = async (bytes: number) => {
    const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "file", name: "Uploads" });
    return owner.client.api.knowledge.documents.createUpload.mutate({ sourceId: source.id, name: "a.txt", mime: "text/plain", bytes });
  };
  const put = async (url: string, body: string, headers: Record<string, string>) => {
    const response = await fetch(url, { method: "PUT", body, headers });
    const said = await response.text();
    return [response.status, /"reason":"([a-z_]+)"/.exec(said)?.[1] ?? null];
  };

  it("takes what was announced, once, and nothing else", async () => {
    const { url, headers, documentId } = await place(4);
    expect(await put(url, "fo", headers)).toEqual([400, "wrong_size"]);
    expect(await put(url, "four and more", headers)).toEqual([413, "too_large"]);
    expect(await put(url, "four", { "content-type": "text/html" })).toEqual([400, "wrong_type"]);
    expect(await put(url.replace("bytes=4", "bytes=13"), "four and more", headers)).toEqual([403, "bad_signature"]);
    expect(await put(url.replace(/expires=\d+/, "expires=9999999999"), "four", headers)).toEqual([403, "bad_signature"]);
    expect(await put(url.split("?")[0] ?? "", "four", headers)).toEqual([403, "bad_signature"]);
    expect(await put(url, "four", headers)).toEqual([200, null]);
    expect(await put(url, "evil", headers)).toEqual([409, "already_uploaded"]);
    expect(await owner.client.api.knowledge.documents.completeUpload.mutate({ documentId })).toMatchObject({ id: documentId, bytes: 4 });
  });

  it("leads nowhere by another method or out of its folder", async () => {
    const { url } = await place(4);
    expect((await fetch(url)).status).toBe(404);
    for (const path of ["/uploads/..%2f..%2fetc%2fpasswd", "/uploads/%2e%2e/x", "/uploads/"]) {
      expect(
        (await fetch(app.url + path, { method: "PUT", body: "x", headers: { "content-type": "text/plain" } })).status,
        path,
      ).toBeGreaterThanOrEqual(400);
    }
  });
});

describe("a file of a message", () => {
  const bytes = Buffer.from("Ünïcode, and <script>nothing to run</script>");
  const about = { name: 'nöte".txt', mime: "text/plain", bytes: bytes.length };

  it("goes in by one link and comes out by another, to be kept and not to be run", async () => {
    const { api } = owner.client;
    const agent = await api.agents.create.mutate({ name: "Ada" });
    const { conversation } = await api.conversations.start.mutate({ agentId: agent.id, text: "Hello" });
    const conversationId = conversation.id;
    const { attachmentId, url, headers } = await api.conversations.attachments.createUpload.mutate({ conversationId, ...about });
    expect((await fetch(url, { method: "PUT", body: bytes, headers })).status).toBe(200);
    await api.conversations.attachments.completeUpload.mutate({ attachmentId });
    await api.conversations.send.mutate({ conversationId, text: "Here", as: "member", attachmentIds: [attachmentId] });
    const { items } = await api.conversations.messages.list.query({ conversationId, order: "desc" });
    const [file] = items[0]?.attachments ?? [];
    expect(file).toMatchObject({ id: attachmentId, name: about.name, mime: "text/plain", bytes: bytes.length });
    const link = file?.url ?? "";

    const got = await fetch(link);
    expect(got.status).toBe(200);
    expect(Buffer.from(await got.arrayBuffer())).toEqual(bytes);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      "content-type": "text/plain",
      "content-length": String(bytes.length),
      "content-disposition": `attachment; filename="n_te_.txt"; filename*=UTF-8''n%C3%B6te%22.txt`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "private, no-store",
    });

    const stranger = await app.found();
    const status = async (of: string) => (await fetch(of)).status;
    expect(await status(link.replace(owner.workspaceId, stranger.workspaceId))).toBe(403);
    expect(await status(link.replace(attachmentId, newId()))).toBe(403);
    expect(await status(link.replace(/expires=\d+/, "expires=9999999999"))).toBe(403);
    expect(await status(link.split("?")[0] ?? "")).toBe(403);
    const again = await api.conversations.attachments.link.query({ attachmentId });
    expect(await status(again.url)).toBe(200);

    // Everything about its customer, to take away and then to be gone, links that were made before included.
    const { contact } = conversation;
    expect((await api.conversations.contacts.export.query({ contactId: contact.id })).attachments).toMatchObject([
      { id: attachmentId, url: expect.any(String) },
    ]);
    const erased = await api.conversations.contacts.delete.mutate({ contactId: contact.id });
    expect(erased).toMatchObject({ doneAt: expect.any(String), report: { removed: { files: 1, conversation: 1 } } });
    expect(await status(link)).toBe(404);
  });
});

describe("a stream of server-sent events", () => {
  interface Told {
    type: string;
    text?: string;
    index?: number;
  }
  const toldIn = (events: ServerSentEvent[]) => events.map((event): Told => JSON.parse(event.data));
  const over = (events: ServerSentEvent[]) =>
    toldIn(events).some((one) => one.type === "reply.completed" || one.type === "handoff.requested");
  const follow = (conversationId: string, until: (events: ServerSentEvent[]) => boolean, lastEventId?: string) =>
    readStream(
      `${app.url}/trpc/conversations.onConversation?input=${encodeURIComponent(JSON.stringify({ conversationId, lastEventId: "0" }))}`,
      {
        headers: { ...headersOf(me), ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }) },
        until,
        patienceMs: 30_000,
      },
    );

  it("resumes after the last event that was read, wherever it was cut: nothing twice, nothing missing", async () => {
    const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "text", name: "Notes" });
    const { id } = await owner.client.api.knowledge.documents.addText.mutate({
      sourceId: source.id,
      name: "Ferries",
      text: "The ferry to the island leaves every day at seven in the morning and at nine in the evening from the old pier.",
    });
    await owner.client.waitForDocument(id);
    const agent = await owner.client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0 });
    const { conversation } = await owner.client.api.conversations.start.mutate({
      agentId: agent.id,
      text: "When does the ferry to the island leave?",
    });
    const whole = await follow(conversation.id, over);
    const told = toldIn(whole);
    const completed = told.find((one) => one.type === "reply.completed");
    expect(completed?.text).toContain("seven in the morning");
    expect(told.filter((one) => one.type === "reply.delta").length).toBeGreaterThan(1);
    expect(told.flatMap((one) => (one.type === "reply.delta" ? (one.text ?? "") : [])).join("")).toBe(completed?.text);

    const pieced: ServerSentEvent[] = [];
    for (let cuts = 0; !over(pieced) && cuts < 200; cuts++) {
      const limit = 1 + (cuts % 3);
      const more = await follow(conversation.id, (events) => events.length >= limit || over(events), pieced.at(-1)?.id ?? undefined);
      expect(more.length).toBeGreaterThan(0);
      pieced.push(...more.slice(0, limit));
    }
    expect(pieced.map((event) => event.id)).toEqual(whole.slice(0, pieced.length).map((event) => event.id));
    expect(toldIn(pieced).map(({ type, index, text }) => [type, index, text])).toEqual(
      told.slice(0, pieced.length).map(({ type, index, text }) => [type, index, text]),
    );
    expect(over(pieced)).toBe(true);
  }, 120_000);
});
