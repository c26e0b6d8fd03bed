import type { ApiCtx } from "@axon/api/context";
import { appRouter } from "@axon/api/router";
import { Refusal } from "@axon/core/errors";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify, { type FastifyInstance, type InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addTrpcRoutes } from "./trpc-route.ts";

const workspaceId = "01a2068c-e917-77fb-88e4-5e407a46eac9";
const agentId = "01a2068c-e917-77fb-88e4-5e407a46eac1";

/** Somebody who may do everything, in front of verbs that answer with what they were called through. */
function createContext(): ApiCtx {
  const standing = { workspaceId, role: "owner" as const, scopes: null };
  const ctx = {
    requestId: "r",
    observe: () => () => {},
    device: { ip: null, userAgent: null },
    origin: null,
    namesWorkspace: true,
    lately: () => null,
    principal: async () => ({ kind: "user" as const, accountId: agentId, sessionId: agentId, name: "Ada", standing }),
    visitor: async () => null,
    services: {
      agentDefaults: { confidenceThreshold: 0.5 },
      load: { call: async () => () => {}, stream: async () => () => {} },
      inWorkspace: async (_id: string, verb: { toString(): string }) => {
        const text = verb.toString();
        if (text.includes("getAgent")) throw new Refusal("not_found", "No such agent");
        if (text.includes("archiveAgent")) throw new Refusal("rate_limited", "Wait", { retryAfterMs: 2_500 });
        if (text.includes("duplicateAgent")) throw new Error("a secret of ours");
        return { asked: text.includes("listAgents") ? "list" : "other" };
      },
    },
  };
  return ctx as unknown as ApiCtx; // safe: all that these calls look at
}

const headersOf = (errors: readonly Error[]) => (errors.length > 0 ? { "retry-after": String(errors.length) } : {});
let ours: FastifyInstance;
let theirs: FastifyInstance;
const failed: { ours: string[]; theirs: string[] } = { ours: [], theirs: [] };

beforeAll(async () => {
  ours = fastify({ routerOptions: { maxParamLength: 5_000 } });
  ours.removeAllContentTypeParsers();
  addTrpcRoutes(ours, {
    createContext,
    batchMax: 3,
    headersOf,
    onError: ({ error, path }) => void failed.ours.push(`${path} ${error.code}`),
  });
  theirs = fastify({ routerOptions: { maxParamLength: 5_000 } });
  await theirs.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: {
      router: appRouter,
      maxBatchSize: 3,
      createContext,
      onError: ({ error, path }: { error: { code: string }; path?: string | undefined }) =>
        void failed.theirs.push(`${path} ${error.code}`),
      responseMeta: ({ errors }: { errors: Error[] }) => ({ headers: new Headers(headersOf(errors)) }),
    },
  });
});
afterAll(async () => {
  await ours.close();
  await theirs.close();
});

const json = { "content-type": "application/json" };
const input = (value: unknown) => `input=${encodeURIComponent(JSON.stringify(value))}`;
const post = (url: string, payload: unknown, headers: Record<string, string> = json): InjectOptions => ({
  method: "POST",
  url,
  headers,
  payload: typeof payload === "string" ? payload : JSON.stringify(payload),
});

const cases: [string, InjectOptions][] = [
  ["a query", { url: `/trpc/agents.list?${input({ limit: 5 })}` }],
  ["a query without an input", { url: "/trpc/agents.list" }],
  ["a query with an empty input", { url: "/trpc/agents.list?input=" }],
  ["an input that is refused", { url: `/trpc/agents.list?${input({ limit: -1 })}` }],
  ["an input of the wrong kind", { url: `/trpc/agents.list?${input(null)}` }],
  ["an input with a text of two lines, a plus and no ASCII", post("/trpc/agents.create", { name: "a+b\nÄ €" })],
  ["a verb's no", { url: `/trpc/agents.get?${input({ agentId })}` }],
  ["a failure of ours", post("/trpc/agents.duplicate", { agentId })],
  ["a no that says when to come back", post("/trpc/agents.archive", { agentId })],
  ["a batch of one", { url: `/trpc/agents.list?batch=1&${input({ 0: {} })}` }],
  ["a batch", { url: `/trpc/agents.list,agents.list?batch=1&${input({ 0: {}, 1: { limit: 3 } })}` }],
  ["a batch without inputs", { url: "/trpc/agents.list,agents.list?batch=1" }],
  ["a batch of which some go wrong", { url: `/trpc/agents.list,agents.get?batch=1&${input({ 0: {}, 1: { agentId } })}` }],
  ["a batch of which all go wrong alike", { url: `/trpc/agents.get,agents.get?batch=1&${input({ 0: { agentId }, 1: { agentId } })}` }],
  ["a batch that is too long", { url: "/trpc/agents.list,agents.list,agents.list,agents.list?batch=1" }],
  ["a batch with an unknown name in it", { url: `/trpc/agents.list,agents.none?batch=1&${input({})}` }],
  ["a batch whose inputs are a list", { url: `/trpc/agents.list?batch=1&${input([{}])}` }],
  ["a batch whose inputs are no object", { url: `/trpc/agents.list?batch=1&${input(7)}` }],
  ["another word for batch", { url: `/trpc/agents.list?batch=true&${input({})}` }],
  ["an unknown name", { url: "/trpc/agents.none" }],
  ["a name of every object", { url: "/trpc/toString" }],
  ["a broken input", { url: "/trpc/agents.list?input=%7B" }],
  ["two inputs", { url: `/trpc/agents.list?${input({ limit: 1 })}&${input({ limit: 2 })}` }],
  ["a mutation by GET", { url: `/trpc/agents.create?${input({ name: "A" })}` }],
  ["a query by POST", post("/trpc/agents.list", {})],
  ["a mutation", post("/trpc/agents.create", { name: "A" })],
  ["a mutation with more in its type", post("/trpc/agents.create", { name: "A" }, { "content-type": "application/json; charset=utf-8" })],
  ["a mutation in a batch", post("/trpc/agents.create?batch=1", { 0: { name: "A" } })],
  ["a mutation whose body is broken", post("/trpc/agents.create", "{")],
  ["a mutation whose body is empty", post("/trpc/agents.create", "")],
  ["a mutation mixed with a query", post("/trpc/agents.create,agents.list?batch=1", { 0: { name: "A" }, 1: {} })],
  ["an answer in lines", { url: `/trpc/agents.list?batch=1&${input({ 0: {} })}`, headers: { "trpc-accept": "application/jsonl" } }],
  ["HEAD", { method: "HEAD", url: "/trpc/agents.list" }],
  ["connection parameters", { url: `/trpc/agents.list?connectionParams=${encodeURIComponent("{}")}` }],
];

describe("tRPC over HTTP", () => {
  it.each(cases)("answers %s as tRPC's own adapter does", async (_what, request) => {
    for (const list of [failed.ours, failed.theirs]) list.length = 0;
    const [one, other] = [await ours.inject(request), await theirs.inject(request)];
    expect(one.body).toBe(other.body);
    expect(one.statusCode).toBe(other.statusCode);
    for (const name of ["vary", "retry-after"]) expect([name, one.headers[name]]).toEqual([name, other.headers[name]]);
    // The character set is said as well, as in every other answer of the door.
    expect(String(one.headers["content-type"]).replace("; charset=utf-8", "")).toBe(String(other.headers["content-type"]));
    expect(failed.ours).toEqual(failed.theirs);
  });

  it("keeps what others have said about what an answer depends on", async () => {
    const app = fastify();
    app.removeAllContentTypeParsers();
    app.addHook("onRequest", async (_request, reply) => void reply.header("vary", "Origin"));
    addTrpcRoutes(app, { createContext, batchMax: 3, headersOf, onError: () => {} });
    expect((await app.inject("/trpc/agents.list")).headers["vary"]).toBe("Origin, trpc-accept, accept");
    await app.close();
  });
});
