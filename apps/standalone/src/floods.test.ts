/** Too much of everything: batches, bodies, depth, headers, slowness, requests, and calls of one workspace. */
import { gzipSync } from "node:zlib";
import { createLocalProvider } from "@axon/ai/local/provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { openHandSocket, refusalIn, sendRaw } from "./door.fixture.ts";
import { headersOf } from "./wire.fixture.ts";

let app: App;
let owner: Owner;
/** How many searches are inside the embedder, and how many ever were at once. */
const inside = { now: 0, most: 0 };
/** The server that waits for nothing long. */
const impatient = 2;
const room = { concurrentCalls: 8, concurrentModelCalls: 3 };

beforeAll(async () => {
  const local = createLocalProvider();
  const embed: typeof local.embedder.embed = async (texts, options) => {
    inside.now += 1;
    inside.most = Math.max(inside.most, inside.now);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside.now -= 1;
    return local.embedder.embed(texts, options);
  };
  app = await openApp({
    workers: 0,
    servers: 3,
    provider: { ...local, embedder: { ...local.embedder, embed } },
    door: (server) => (server === impatient ? { headersTimeoutMs: 600, bodyTimeoutMs: 600, waitsCheckMs: 100 } : {}),
    limits: { workspace: room },
  });
  owner = await app.found();
}, 180_000);
afterAll(() => app.close());

const json = { "content-type": "application/json" };
async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(app.url + path, { method: "POST", headers: { ...headersOf(owner), ...json, ...headers }, body });
  const text = await response.text();
  return { status: response.status, ...refusalIn(text), text };
}
const alive = async () => (await fetch(`${app.url}/healthz`)).status === 200;
const lines = (...all: string[]) => `${all.join("\r\n")}\r\n\r\n`;

describe("a batch", () => {
  it("of more than fifty calls is refused whole, however it comes", async () => {
    const paths = (count: number) => Array(count).fill("auth.me").join(",");
    expect((await fetch(`${app.url}/trpc/${paths(51)}?batch=1&input={}`, { headers: headersOf(owner) })).status).toBe(400);
    expect(await post(`/trpc/${paths(51)}?batch=1`, "{}")).toMatchObject({ status: 400 });
    const socket = await openHandSocket(app.url, owner);
    socket.send(Array.from({ length: 51 }, (_, id) => ({ id, method: "query", params: { path: "auth.me" } })));
    expect(await socket.closed).toEqual({ code: 4413, reason: "too_large" });
    expect(socket.frames).toEqual([]);
  });

  it("of a thousand names is no way in either", async () => {
    const response = await fetch(`${app.url}/trpc/${Array(900).fill("auth.me").join(",")}?batch=1`, { headers: headersOf(owner) });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });
});

describe("a body", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

  it.each(["/trpc/agents.create", "/v1/agents"])("nested too deep is refused before anybody reads it (%s)", async (path) => {
    expect(await post(path, `{"name":"x","more":${nested(31)}}`)).toMatchObject({ status: 400, reason: "validation" });
    const deep = await post(path, `{"name":"x","more":${nested(32)}}`);
    expect(deep).toMatchObject({ status: 400, reason: "validation" });
    expect(deep.text).toContain("32 deep");
    expect(await post(path, nested(1_000_000))).toMatchObject({ status: 400, reason: "validation" });
    expect(await post(path, `{"name":"${"[".repeat(70)}"}`)).toMatchObject({ reason: null }); // Brackets in a text are text.
    expect(await alive()).toBe(true);
  });

  it("nested too deep is refused in a query string and over a socket as well", async () => {
    const input = encodeURIComponent(`{"more":${nested(40)}}`);
    const response = await fetch(`${app.url}/trpc/agents.list?input=${input}`, { headers: headersOf(owner) });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("32 deep")]);
    const socket = await openHandSocket(app.url, owner);
    socket.send(`{"id":1,"method":"query","params":{"path":"agents.list","input":${nested(40)}}}`);
    expect(await socket.closed).toEqual({ code: 4400, reason: "validation" });
  });

  it("larger than any call needs is refused by its announcement, and by its bytes when it lies", async () => {
    const announced = await sendRaw(app.url, [
      lines("POST /trpc/agents.create HTTP/1.1", "host: x", "content-type: application/json", "content-length: 999999999"),
    ]);
    expect([announced.status, refusalIn(announced.body).reason]).toEqual([413, "too_large"]);
    const size = 7 * 1024 * 1024;
    const endless = await sendRaw(app.url, [
      lines("POST /trpc/agents.create HTTP/1.1", "host: x", "content-type: application/json", "transfer-encoding: chunked"),
      `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`,
    ]);
    expect([413, 0]).toContain(endless.status); // A server may hang up on the rest.
    expect(await alive()).toBe(true);
  });

  it("that is compressed is not unpacked", async () => {
    for (const encoding of ["gzip", "br", "deflate", "gzip, gzip"]) {
      const response = await fetch(`${app.url}/trpc/agents.create`, {
        method: "POST",
        headers: { ...headersOf(owner), ...json, "content-encoding": encoding },
        body: gzipSync(JSON.stringify({ name: "x".repeat(1_000_000) })),
      });
      expect([response.status, refusalIn(await response.text()).reason]).toEqual([415, "unsupported_type"]);
    }
    const socket = await openHandSocket(app.url, owner);
    expect(socket.socket.extensions).toBe("");
    socket.socket.terminate();
  });
});

describe("a request", () => {
  it.each([
    [
      "with two hundred headers",
      lines("GET /healthz HTTP/1.1", "host: x", ...Array.from({ length: 200 }, (_, i) => `x-${i}: y`)),
      431,
      "too_large",
    ],
    ["with headers of 64 KiB", lines("GET /healthz HTTP/1.1", "host: x", `x-large: ${"y".repeat(65_536)}`), 431, "too_large"],
    [
      "with an address of 12,000 characters",
      lines(`GET /trpc/${"a".repeat(12_000)} HTTP/1.1`, "host: x", "connection: close"),
      414,
      "too_large",
    ],
    [
      "that opens a socket without a key",
      lines("GET /trpc HTTP/1.1", "host: x", "connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13"),
      400,
      "validation",
    ],
    ["that is none", "hello\r\n\r\n", 400, "validation"],
    [
      "in which two lengths are told",
      lines("POST /trpc/agents.create HTTP/1.1", "host: x", "content-length: 4", "transfer-encoding: chunked"),
      400,
      "validation",
    ],
  ])("%s is refused in our own words", async (_what, bytes, status, reason) => {
    const once = /upgrade|hello/.test(bytes) ? bytes : bytes.replace("host: x", "host: x\r\nconnection: close");
    const answer = await sendRaw(app.url, [once]);
    expect([answer.status, refusalIn(answer.body).reason]).toEqual([status, reason]);
    expect(refusalIn(answer.body).requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.head.toLowerCase()).toContain("x-content-type-options: nosniff");
    expect(await alive()).toBe(true);
  });

  it("whose headers drip in is cut off, and so is one whose body does", async () => {
    const slow = app.urls[impatient] ?? "";
    const drip = function* (start: string) {
      yield start;
      for (let drips = 0; drips < 200; drips++) yield "x";
    };
    const [headers, body, length] = await Promise.all([
      sendRaw(slow, drip("GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: "), 50),
      sendRaw(
        slow,
        drip(lines("POST /trpc/agents.create HTTP/1.1", "host: x", "content-type: application/json", "content-length: 5000")),
        50,
      ),
      sendRaw(slow, drip(lines("POST /v1/agents HTTP/1.1", "host: x", "content-type: application/json", "content-length: 5000")), 50),
    ]);
    for (const answer of [headers, body, length]) {
      expect([answer.status, refusalIn(answer.body).reason]).toEqual([408, "too_slow"]);
      expect(answer.ms).toBeLessThan(9_000); // All the drips would take ten seconds.
    }
    expect(await alive()).toBe(true);
  });

  it("that uploads a file may take longer than one that calls", async () => {
    const slow = app.urls[impatient] ?? "";
    const source = await owner.client.api.knowledge.sources.create.mutate({ kind: "file", name: "Uploads" });
    const bytes = 30;
    const upload = await owner.client.api.knowledge.documents.createUpload.mutate({
      sourceId: source.id,
      name: "a.txt",
      mime: "text/plain",
      bytes,
    });
    const { pathname, search } = new URL(upload.url, slow);
    const head = lines(
      `PUT ${pathname}${search} HTTP/1.1`,
      "host: x",
      "content-type: text/plain",
      `content-length: ${bytes}`,
      "connection: close",
    );
    const answer = await sendRaw(slow, [head, ...Array<string>(bytes).fill("x")], 40);
    expect(answer.ms).toBeGreaterThan(1_000); // Longer than a call's body may take here.
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining("ok")]);
  });
});

describe("one workspace", () => {
  const search = (server: number) =>
    fetch(`${app.urls[server]}/trpc/knowledge.search?input=${encodeURIComponent('{"query":"ferry"}')}`, { headers: headersOf(owner) });

  it("never has more calls under way than it may, of two hundred at once to two servers, over HTTP and REST", async () => {
    inside.most = 0;
    const answers = await Promise.all(Array.from({ length: 200 }, (_, number) => search(number % 2)));
    const told = await Promise.all(
      answers.map(async (answer) => ({ status: answer.status, headers: answer.headers, text: await answer.text() })),
    );
    expect(inside.most).toBeGreaterThan(0);
    expect(inside.most).toBeLessThanOrEqual(room.concurrentModelCalls);
    const refused = told.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(200);
    for (const { status, headers, text } of refused) {
      expect([status, refusalIn(text).reason]).toEqual([429, "rate_limited"]);
      expect(text).toContain("retryAfterMs");
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
    const overRest = await Promise.all(
      Array.from({ length: 60 }, () =>
        fetch(`${app.url}/v1/agents`, { headers: headersOf(owner) }).then((answer) => [answer.status, answer.headers.get("retry-after")]),
      ),
    );
    expect(overRest.map(String).filter((one) => one !== "200," && one !== "429,1")).toEqual([]);
    // All places were given back.
    expect((await search(0)).status).toBe(200);
  });

  it("does not take from another", async () => {
    const other = await app.found("other");
    const flood = Array.from({ length: 60 }, (_, number) => search(number % 2));
    const answers = await Promise.all(Array.from({ length: 3 }, () => other.client.api.agents.list.query({})));
    expect(answers).toHaveLength(3);
    await Promise.all(flood);
  });
});
