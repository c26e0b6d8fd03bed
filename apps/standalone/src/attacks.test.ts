/** Forged credentials and foreign pages, as those who mean harm send them: over HTTP, over REST and over sockets alike. */
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { openHandSocket, refusalIn } from "./door.fixture.ts";
import { type Caller, call, headersOf, readStream } from "./wire.fixture.ts";

const secret = "a".repeat(32); // What the app of the fixture signs with.
const kid = createHash("sha256").update("kid:").update(secret).digest("hex").slice(0, 12);
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();

let app: App;
let owner: Owner;

beforeAll(async () => {
  app = await openApp({ workers: 0 });
  owner = await app.found();
}, 180_000);
afterAll(() => app.close());

type Part = Record<string, unknown>;
const part = (value: Part) => Buffer.from(JSON.stringify(value)).toString("base64url");
const hmac =
  (key: string | Buffer, hash = "sha256") =>
  (text: string) =>
    createHmac(hash, key).update(text).digest();
const now = () => Math.floor(Date.now() / 1000);

/** A token of the owner's, but for what is changed. */
function forge(change: { header?: Part; claims?: Part; sign?: (text: string) => Buffer } = {}): string {
  const [header = "", payload = ""] = owner.token.split(".");
  const read = (text: string): Part => JSON.parse(Buffer.from(text, "base64url").toString());
  const text = `${part({ ...read(header), ...change.header })}.${part({ ...read(payload), ...change.claims })}`;
  return `${text}.${(change.sign ?? hmac(secret))(text).toString("base64url")}`;
}

/** The reason with which a stream of server-sent events ends. */
async function overEvents(caller: Caller): Promise<string | null> {
  const options = { headers: headersOf(caller), until: (events: unknown[]) => events.length > 0, patienceMs: 20_000 };
  const [first] = await readStream(`${app.url}/trpc/conversations.onWorkspace`, options);
  return refusalIn(first?.data ?? "").reason;
}

const without = (token: string, position: number, replacement: string) =>
  token
    .split(".")
    .map((piece, index) => (index === position ? replacement : piece))
    .join(".");

const forgeries: [what: string, forge: () => string, reason?: string][] = [
  ["is unsigned (none)", () => forge({ header: { alg: "none" }, sign: () => Buffer.alloc(0) })],
  ["is unsigned (None)", () => forge({ header: { alg: "None" }, sign: () => Buffer.alloc(0) })],
  ["says none and bears a good signature", () => forge({ header: { alg: "none" } })],
  ["has lost its signature", () => without(owner.token, 2, "")],
  ["has a shortened signature", () => owner.token.slice(0, -6)],
  ["has a longer signature", () => `${owner.token}AAAA`],
  ["is signed with another algorithm of the family (HS512)", () => forge({ header: { alg: "HS512" }, sign: hmac(secret, "sha512") })],
  ["is signed with another algorithm of the family (HS384)", () => forge({ header: { alg: "HS384" }, sign: hmac(secret, "sha384") })],
  ["says RS256 and is signed with our secret", () => forge({ header: { alg: "RS256" } })],
  [
    "is signed with a private key that it brings the public key of",
    () =>
      forge({
        header: { alg: "RS256", jwk: rsa.publicKey.export({ format: "jwk" }) },
        sign: (text) => sign("sha256", Buffer.from(text), rsa.privateKey),
      }),
  ],
  ["is signed with a public key as if it were a secret", () => forge({ sign: hmac(publicPem) })],
  [
    "says where its key can be fetched",
    () => forge({ header: { jku: "http://127.0.0.1:9/keys", x5u: "http://127.0.0.1:9/cert" }, sign: hmac("x") }),
  ],
  ["names a key that there is not", () => forge({ header: { kid: "other" } })],
  ["names no key", () => forge({ header: { kid: undefined } })],
  ["names a file as its key", () => forge({ header: { kid: "../../../../dev/null" }, sign: hmac("") })],
  ["names a query as its key", () => forge({ header: { kid: "x' union select 'secret' --" }, sign: hmac("secret") })],
  ["names a property of every object as its key", () => forge({ header: { kid: "__proto__" }, sign: hmac("") })],
  ["names something that is no name as its key", () => forge({ header: { kid: [kid] } })],
  ["asks for an extension to be understood", () => forge({ header: { crit: ["exp"], exp: 1 } })],
  ["is signed with another secret", () => forge({ sign: hmac("b".repeat(32)) })],
  ["is signed with nothing", () => forge({ sign: hmac("") })],
  ["has expired", () => forge({ claims: { iat: now() - 1_000, exp: now() - 60 } }), "token_expired"],
  ["never expires", () => forge({ claims: { exp: undefined } })],
  ["expires at a word", () => forge({ claims: { exp: "tomorrow" } })],
  ["is not good yet", () => forge({ claims: { nbf: now() + 600 } })],
  ["was issued in the future", () => forge({ claims: { iat: now() + 86_400, exp: now() + 90_000 } })],
  ["is meant for somebody else", () => forge({ claims: { aud: "another-api" } })],
  ["is meant for nobody", () => forge({ claims: { aud: undefined } })],
  ["comes from somebody else", () => forge({ claims: { iss: "https://evil.example" } })],
  ["names another account for its session", () => forge({ claims: { sub: newId() } })],
  ["names no session", () => forge({ claims: { sid: undefined } })],
  ["names a session that there is not", () => forge({ claims: { sid: newId() } })],
  ["names something that is no session", () => forge({ claims: { sid: "' or true --" } })],
  ["was changed after it was signed", () => without(owner.token, 1, part({ sub: newId(), sid: newId(), exp: now() + 900, iat: now() }))],
  ["is a refresh token", () => owner.session.refreshToken],
  ["is a refresh token where a signature should be", () => without(owner.token, 2, owner.session.refreshToken.slice(4))],
  ["is an API key that was never given", () => `axk_${"x".repeat(43)}`],
];

describe("a token that", () => {
  it.each(forgeries)("%s opens nothing, over HTTP, REST or a socket", async (_what, forged, reason = "unauthorized") => {
    const token = forged();
    const caller = { token, workspaceId: owner.workspaceId };
    const overSocket = async (params: boolean) => {
      const socket = await openHandSocket(app.url, { ...caller, params });
      const answers = [await socket.call("query", "auth.me"), await socket.call("subscription", "conversations.onWorkspace", {})];
      socket.socket.terminate();
      return answers.map((answer) => answer.error?.data.reason);
    };
    const answers = await Promise.all([
      call(app.url, "query", "auth.me", undefined, { token }).then((answer) => answer.reason),
      call(app.url, "mutation", "agents.create", { name: "x" }, caller).then((answer) => answer.reason),
      overEvents(caller),
      fetch(`${app.url}/v1/agents`, { headers: headersOf(caller) }).then(async (response) => refusalIn(await response.text()).reason),
      overSocket(true),
      overSocket(false),
    ]);
    expect(answers.flat()).toEqual(Array(8).fill(reason));
  });

  it("is as it was given opens what it should, in the same ways", async () => {
    const me = { token: forge(), workspaceId: owner.workspaceId };
    expect(await call(app.url, "query", "auth.me", undefined, me)).toMatchObject({ status: 200 });
    for (const params of [true, false]) {
      const socket = await openHandSocket(app.url, { ...me, params });
      expect((await socket.call("subscription", "conversations.onWorkspace", {})).result?.type).toBe("started");
      socket.socket.terminate();
    }
  });
});

const foreign = [
  "https://evil.example",
  "null",
  "http://localhost:3000.evil.example",
  "http://localhost",
  "https://localhost:3000",
  "file://",
];

describe("a page of another site", () => {
  const post = (path: string, headers: Record<string, string>, body = '{"name":"x"}') =>
    fetch(app.url + path, { method: "POST", headers: { ...headersOf(owner), ...headers }, body });

  it.each(foreign)("(%s) changes nothing, and cannot read what it is told", async (origin) => {
    const before = (await owner.client.api.agents.list.query({})).items.length;
    for (const path of ["/trpc/agents.create", "/trpc/agents.create,agents.create?batch=1", "/v1/agents", "/nowhere"]) {
      const response = await post(path, { "content-type": "application/json", origin });
      const said = refusalIn(await response.text());
      expect([path, response.status, said.reason]).toEqual([path, 403, "origin_not_allowed"]);
      expect(said.requestId).toBe(response.headers.get("x-request-id"));
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    }
    expect((await owner.client.api.agents.list.query({})).items).toHaveLength(before);
    const reading = await fetch(`${app.url}/trpc/auth.me`, { headers: { ...headersOf(owner), origin } });
    expect(reading.headers.get("access-control-allow-origin")).toBeNull();
    await expect(openHandSocket(app.url, { headers: { origin } })).rejects.toMatchObject({
      status: 403,
      body: expect.stringContaining("origin_not_allowed"),
    });
  });

  it.each([
    ["text/plain", '{"name":"x"}'],
    ["application/x-www-form-urlencoded", "name=x"],
    ["multipart/form-data; boundary=x", '--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nx\r\n--x--\r\n'],
    ["application/octet-stream", "x"],
    ["application/jsonp", "x"],
    ["text/plain; application/json", '{"name":"x"}'],
  ])("or a form, that posts %s without asking first, changes nothing", async (type, body) => {
    const before = (await owner.client.api.agents.list.query({})).items.length;
    for (const path of ["/trpc/agents.create", "/v1/agents"]) {
      const response = await post(path, { "content-type": type }, body);
      expect([path, response.status]).toEqual([path, 415]);
      expect(await response.text()).toContain(`"requestId":"${response.headers.get("x-request-id")}"`);
    }
    expect((await owner.client.api.agents.list.query({})).items).toHaveLength(before);
  });

  it("may call when it is on the list, and so may our own pages", async () => {
    for (const origin of ["http://localhost:3000", app.url]) {
      const response = await post("/trpc/agents.create", { "content-type": "application/json", origin });
      expect(response.status).toBe(200);
    }
    const listed = await post("/trpc/agents.create", { "content-type": "application/json", origin: "http://localhost:3000" });
    expect(listed.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });
});

describe("every answer", () => {
  it.each([
    ["a health check", "/healthz", {}],
    ["a call", "/trpc/auth.me", {}],
    ["an unknown path", "/nowhere", {}],
    ["an unknown procedure", "/trpc/nothing.here", {}],
    ["a REST call", "/v1/agents", {}],
    ["an address that can't be read", "/%zz", {}],
    ["an address that is too long", `/trpc/auth.me?${"x".repeat(9_000)}`, {}],
    ["an upload link that is none", "/uploads/x", { method: "PUT", body: "x", headers: { "content-type": "text/plain" } }],
    ["a compressed body", "/trpc/agents.create", { method: "POST", body: "x", headers: { "content-encoding": "gzip" } }],
  ])("to %s bears the security headers and a number to name it by", async (_what, path, init) => {
    const { headers } = await fetch(app.url + path, init);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("strict-transport-security")).toContain("max-age");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-powered-by")).toBeNull();
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
