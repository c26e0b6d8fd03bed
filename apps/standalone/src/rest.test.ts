/** The REST API as somebody meets it who has nothing but HTTP. */
import { createLocalProvider } from "@axon/ai/local/provider";
import { listProcedures } from "@axon/api/procedures";
import { routes } from "@axon/api/rest/routes";
import { rawRoutes } from "@axon/api/snapshot/take";
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { entries } from "./isolation-cases.fixture.ts";
import { type Described, leastOf, type RestAnswer, rest } from "./rest.fixture.ts";
import type { Caller } from "./wire.fixture.ts";

interface Operation {
  operationId: string;
  parameters?: { $ref?: string; name?: string; in?: string; schema?: Described }[];
  requestBody?: { content: { "application/json": { schema: Described } } };
  security: unknown[];
}

let app: App;
let owner: Owner;
let me: Caller;

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

const password = "correct horse battery";
const errorOf = (answer: RestAnswer) => (answer.body as { error: Record<string, unknown> }).error; // safe: the shape is what is tested
const masked = (answer: RestAnswer) => answer.text.replace(/"requestId":"[^"]*"/, '"requestId":"…"');

/** Calls a procedure's route and checks that the answer is what the document says, with nothing beside it. */
async function must<Body>(
  procedure: keyof typeof routes,
  path: string,
  options: { caller?: Caller; body?: unknown; headers?: Record<string, string> },
): Promise<Body> {
  const { method, status = 200, output } = routes[procedure];
  const answer = await rest(app.url, method, path, options);
  expect(answer.status, answer.text).toBe(status);
  expect(output.parse(answer.body)).toEqual(answer.body);
  return answer.body as Body; // safe: just parsed by the schema that the route names
}

describe("the way from nothing to an answer", () => {
  it("needs nothing but HTTP", async () => {
    const email = `rest-${newId()}@example.com`;
    await must("auth.signUp", "/auth/sign-up", { body: { email, password, name: "Rita" } });
    const session = await must<{ accessToken: string; memberships: { workspace: { id: string } }[] }>("auth.signIn", "/auth/sign-in", {
      body: { email, password },
    });
    const caller = { token: session.accessToken, workspaceId: session.memberships[0]?.workspace.id };
    expect((await must<{ user: { email: string } }>("auth.me", "/auth/me", { caller })).user.email).toBe(email);

    const agent = await must<{ id: string; temperature: number }>("agents.create", "/agents", {
      caller,
      body: { name: "Ada", replyDelayMs: 0 },
    });
    const update = await must<{ temperature: number; draft: { temperature: number } }>("agents.update", `/agents/${agent.id}`, {
      caller,
      body: { temperature: 0 },
    });
    const cool = await must<{ temperature: number }>("agents.publish", `/agents/${agent.id}/publish`, { caller });
    expect([agent.temperature, update.temperature, update.draft.temperature, cool.temperature]).toEqual([0.3, 0.3, 0, 0]);
    const source = await must<{ id: string }>("knowledge.sources.create", "/sources", { caller, body: { kind: "text", name: "Notes" } });
    const text = "The ferry to the island leaves every day at seven in the morning from the old pier.";
    const added = await must<{ id: string }>("knowledge.documents.addText", "/documents", {
      caller,
      body: { sourceId: source.id, name: "Ferries", text },
    });
    await expect
      .poll(async () => (await must<{ status: string }>("knowledge.documents.get", `/documents/${added.id}`, { caller })).status, {
        timeout: 30_000,
      })
      .toBe("ready");
    await must("knowledge.documents.chunks", `/documents/${added.id}/chunks?limit=1`, { caller });
    expect(
      (await must<{ items: { id: string }[] }>("knowledge.documents.list", `/documents?sourceId=${source.id}&status=ready`, { caller }))
        .items,
    ).toHaveLength(1);
    const found = await must<{ items: { documentId: string }[] }>(
      "knowledge.search",
      `/knowledge/search?query=ferry%20to%20the%20island&limit=3&sourceIds=${source.id}`,
      { caller },
    );
    expect(found.items.map((item) => item.documentId)).toContain(added.id);

    const question = "When does the ferry to the island leave?";
    const asked = await must<{ answer: string }>("agents.ask", `/agents/${agent.id}/ask`, { caller, body: { question } });
    expect(asked.answer).toContain("seven in the morning");
    const { conversation } = await must<{ conversation: { id: string } }>("conversations.start", "/conversations", {
      caller,
      body: { agentId: agent.id, text: question },
    });
    const messages = async () =>
      (
        await must<{ items: { author: { kind: string }; text: string }[] }>(
          "conversations.messages.list",
          `/conversations/${conversation.id}/messages?order=asc`,
          { caller },
        )
      ).items;
    await expect.poll(async () => (await messages()).map((message) => message.author.kind), { timeout: 30_000 }).toEqual(["contact", "ai"]);
    expect((await messages())[1]?.text).toContain("seven in the morning");
    await must("conversations.send", `/conversations/${conversation.id}/messages`, { caller, body: { text: "Thank you", as: "member" } });
    await must("conversations.get", `/conversations/${conversation.id}`, { caller });
    await must("conversations.list", "/conversations?handler=member", { caller });
    await must("knowledge.documents.delete", `/documents/${added.id}`, { caller });
    expect((await rest(app.url, "GET", `/documents/${added.id}`, { caller })).status).toBe(404);
    await must("auth.signOut", "/auth/sign-out", { caller });
    expect((await rest(app.url, "GET", "/auth/me", { caller })).status).toBe(401);
  }, 120_000);

  it("is open to an API key, which knows its workspace", async () => {
    const key = await must<{ secret: string; id: string }>("workspaces.apiKeys.create", "/api-keys", {
      caller: me,
      body: { name: "script" },
    });
    const caller = { token: key.secret };
    expect((await must<{ id: string }>("workspaces.get", "/workspace", { caller })).id).toBe(owner.workspaceId);
    await must("workspaces.apiKeys.revoke", `/api-keys/${key.id}`, { caller: me });
    expect((await rest(app.url, "GET", "/workspace", { caller })).status).toBe(401);
  });
});

describe("a no over REST", () => {
  it("has the words of the typed client's, in a shape of its own, and names the request", async () => {
    const answer = await rest(app.url, "POST", "/agents", {
      caller: me,
      body: { name: "", temperature: 3, handoff: { afterFailedTurns: 0 } },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: {
        code: "BAD_REQUEST",
        message: expect.stringContaining("temperature"),
        reason: "validation",
        fields: { name: expect.any(String), temperature: expect.any(String), "handoff.afterFailedTurns": expect.any(String) },
        details: null,
        requestId: answer.headers.get("x-request-id"),
      },
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it.each([
    ["a body that is no JSON", "POST", "/agents", { body: "{" }, 400, "validation"],
    ["a body that is no object", "POST", "/agents", { body: "[]" }, 400, "validation"],
    ["no body", "POST", "/agents", {}, 400, "validation"],
    ["a body of another type", "POST", "/agents", { body: "a", headers: { "content-type": "text/plain" } }, 415, "unsupported_type"],
    [
      "a form",
      "POST",
      "/agents",
      { body: "name=a", headers: { "content-type": "application/x-www-form-urlencoded" } },
      415,
      "unsupported_type",
    ],
    ["a body that is too large", "POST", "/agents", { body: `"${"a".repeat(6_400_000)}"` }, 413, "too_large"],
    ["input in the wrong place", "POST", "/agents?name=a", { body: { name: "a" } }, 400, "validation"],
    ["a parameter that nothing asks for", "GET", "/documents?stauts=ready", {}, 400, "validation"],
    ["a number that is none", "GET", "/agents?limit=many", {}, 400, "validation"],
    ["a number out of range", "GET", "/agents?limit=101", {}, 400, "validation"],
    ["a parameter given twice", "GET", "/agents?limit=1&limit=2", {}, 400, "validation"],
    ["an id that is none", "GET", "/agents/ada", {}, 400, "validation"],
    ["U+0000", "POST", "/agents", { body: { name: "a\u0000" } }, 400, "validation"],
    ["an unknown path", "GET", "/nowhere", {}, 404, "not_found"],
    ["an id that is empty", "GET", "/agents/", {}, 400, "validation"],
    ["a subscription", "GET", "/conversations/onWorkspace", {}, 400, "validation"],
  ])("to %s is the caller's fault", async (_what, method, path, options, status, reason) => {
    const answer = await rest(app.url, method, path, { caller: me, ...options });
    expect([answer.status, errorOf(answer)["reason"]], answer.text).toEqual([status, reason]);
    expect(errorOf(answer)["requestId"]).toBe(answer.headers.get("x-request-id"));
  });

  it("to a wrong method says which are right", async () => {
    const answer = await rest(app.url, "DELETE", "/agents", { caller: me });
    expect([answer.status, answer.headers.get("allow")?.split(", ").toSorted()]).toEqual([405, ["GET", "HEAD", "POST"]]);
    expect(errorOf(answer)).toMatchObject({ code: "METHOD_NOT_SUPPORTED", requestId: answer.headers.get("x-request-id") });
  });

  it("to two different ids in path and body names the field, and to the same one is none", async () => {
    const { id } = await owner.client.api.agents.create.mutate({ name: "Twice" });
    const two = await rest(app.url, "PATCH", `/agents/${id}`, { caller: me, body: { agentId: newId(), name: "Changed" } });
    expect([two.status, Object.keys(errorOf(two)["fields"] ?? {})]).toEqual([400, ["agentId"]]);
    expect((await owner.client.api.agents.get.query({ agentId: id })).name).toBe("Twice");
    expect((await rest(app.url, "PATCH", `/agents/${id}`, { caller: me, body: { agentId: id, name: "Changed" } })).status).toBe(200);
  });

  it("asks for a credential, and tells a bad one from none at all by nothing", async () => {
    const none = await rest(app.url, "GET", "/auth/me");
    expect([none.status, none.headers.get("www-authenticate"), errorOf(none)["reason"]]).toEqual([401, "Bearer", "unauthorized"]);
    const homeless = await rest(app.url, "GET", "/agents", { caller: { token: owner.token } });
    expect([homeless.status, errorOf(homeless)["reason"]]).toEqual([400, "workspace_required"]);
  });

  it("because of us says only that, and whom to name it by", async () => {
    const answer = await rest(app.url, "GET", "/knowledge/search?query=break%20it", { caller: me });
    expect([answer.status, errorOf(answer)["reason"]]).toEqual([500, "internal"]);
    for (const inside of ["hunter2", "ECONNREFUSED", "stack", ".ts", "postgres"]) expect(answer.text).not.toContain(inside);
    expect(errorOf(answer)["requestId"]).toBe(answer.headers.get("x-request-id"));
  });

  it("about what is another's is, but for the request's id, the one about what does not exist", async () => {
    const other = await app.found("other");
    const { id: agentId } = await other.client.api.agents.create.mutate({ name: "Theirs" });
    const source = await other.client.api.knowledge.sources.create.mutate({ kind: "text", name: "Theirs" });
    for (const [method, path, body] of [
      ["GET", (id: string) => `/agents/${id}`, undefined],
      ["PATCH", (id: string) => `/agents/${id}`, { name: "Mine" }],
      ["POST", (id: string) => `/agents/${id}/ask`, { question: "Who?" }],
    ] as const) {
      const foreign = await rest(app.url, method, path(agentId), { caller: me, body });
      expect(foreign.status).toBe(404);
      expect(masked(foreign)).toBe(masked(await rest(app.url, method, path(newId()), { caller: me, body })));
    }
    const search = (id: string) => rest(app.url, "GET", `/knowledge/search?query=theirs&sourceIds=${id}`, { caller: me });
    expect(masked(await search(source.id))).toBe(masked(await search(newId())));
    expect((await search(source.id)).status).toBe(404);
    const elsewhere = (workspaceId: string) => rest(app.url, "GET", "/agents", { caller: { token: owner.token, workspaceId } });
    expect(masked(await elsewhere(other.workspaceId))).toBe(masked(await elsewhere(newId())));
  });
});

describe("the header Idempotency-Key", () => {
  it("gives the first result again, and refuses another input under the same key", async () => {
    const make = (name: string, body: object = {}) =>
      rest(app.url, "POST", "/agents", { caller: me, body: { name, ...body }, headers: { "idempotency-key": "rest-1" } });
    const [first, again] = [await make("Once"), await make("Once")];
    expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
    expect((await make("Once", { idempotencyKey: "rest-1" })).body).toEqual(first.body);
    expect((await make("Other")).status).toBe(409);
    expect((await make("Once", { idempotencyKey: "rest-2" })).status).toBe(400);
    const { items } = await owner.client.api.agents.list.query({ limit: 100 });
    expect(items.filter(({ name }: { name: string }) => name === "Once" || name === "Other")).toHaveLength(1);
  });
});

describe("the document", () => {
  const read = async () => (await rest(app.url, "GET", "/openapi.json")).body as { paths: Record<string, Record<string, Operation>> };
  const operationsIn = (document: Awaited<ReturnType<typeof read>>) =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path: path.replace("/v1", ""), method: method.toUpperCase(), ...operation })),
    );

  it("is for everybody, and is not sent again to whoever has it", async () => {
    const first = await rest(app.url, "GET", "/openapi.json");
    expect([first.status, first.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
    const etag = first.headers.get("etag") ?? "";
    const again = await fetch(`${app.url}/v1/openapi.json`, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("has every procedure that is no subscription, once", async () => {
    const expected = listProcedures().flatMap(({ kind, path }) => (kind === "subscription" ? [] : [path]));
    expect(
      operationsIn(await read())
        .map(({ operationId }) => operationId)
        .toSorted(),
    ).toEqual(expected.toSorted());
  });

  it("says of each who may call it as the table of isolation cases has it", () => {
    const tiers = { anyone: "anyone", person: "person", reader: "workspace", writer: "workspace", manager: "workspace" } as const;
    for (const { path, access } of listProcedures()) {
      const tier = entries[path]?.tier;
      expect([path, access.tier]).toEqual([path, tier !== undefined && tier in tiers ? tiers[tier as keyof typeof tiers] : tier]);
    }
  });

  it("lists nothing that the server does not answer", async () => {
    const last = (id: string) => Number(id.startsWith("auth.signOut"));
    const throwaway = await app.found("throwaway");
    const caller = { token: throwaway.token, workspaceId: throwaway.workspaceId };
    for (const operation of operationsIn(await read()).toSorted((one, other) => last(one.operationId) - last(other.operationId))) {
      const params = (place: string) => (operation.parameters ?? []).filter((one) => one.in === place);
      const path = params("path").reduce((so, { name, schema }) => so.replace(`{${name}}`, String(leastOf(schema))), operation.path);
      const body = operation.requestBody ? leastOf(operation.requestBody.content["application/json"].schema) : undefined;
      const answer = await rest(app.url, operation.method, path, { caller, body });
      expect(answer.status, operation.operationId).toBeLessThan(500);
      expect([405, 415], operation.operationId).not.toContain(answer.status);
      expect(answer.text, operation.operationId).not.toContain("no such route");
      if (operation.security.length > 0) {
        const stranger = await rest(app.url, operation.method, path, { body });
        expect([401], operation.operationId).toContain(stranger.status);
      }
    }
  }, 60_000);
});

describe("the routes beside the procedures", () => {
  it.each(rawRoutes)("%s is there, as the snapshot of the API has it", async (route) => {
    const [method = "", path = ""] = route.split(" ");
    const answer = await fetch(app.url + path.replace("*", "x"), { method });
    expect(answer.status).not.toBe(404);
    expect(answer.status).toBeLessThan(500);
  });
});

describe("the page to read it on", () => {
  it.each([
    ["/docs", "text/html; charset=utf-8"],
    ["/docs/swagger-ui.css", "text/css; charset=utf-8"],
    ["/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
    ["/docs/reference.js", "text/javascript; charset=utf-8"],
  ])("has %s from our own origin", async (path, type) => {
    const { status, headers, text } = await rest(app.url, "GET", path);
    expect([status, headers.get("content-type"), text.length > 100]).toEqual([200, type, true]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("names no other host, in what it loads and in what it may load", async () => {
    const { text, headers } = await rest(app.url, "GET", "/docs");
    const policy = headers.get("content-security-policy") ?? "";
    expect(text + policy).not.toMatch(/https?:|\/\//);
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe-eval");
    expect((await rest(app.url, "GET", "/docs/reference.js")).text).not.toMatch(/https?:|\/\//);
  });

  it.each(["/docs/index.html", "/docs/oauth2-redirect.html", "/docs/../package.json", "/docs/swagger-ui.js"])(
    "is all that is served: not %s",
    async (path) => {
      expect((await rest(app.url, "GET", path)).status).toBe(404);
    },
  );
});
