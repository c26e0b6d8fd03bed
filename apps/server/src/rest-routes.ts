/**
 * The REST API under `/v1`: one route for every line of the table in `packages/api`, the document that describes them, and
 * the page to read it on.
 *
 * It refuses to know what any procedure does, and leaves to the door what no procedure ever sees: unknown paths, bodies
 * that can't be read.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ApiCtx } from "@axon/api/context";
import { answerOfError, callRest, type RestAnswer } from "@axon/api/rest/answer";
import { listOperations, type RestOperation } from "@axon/api/rest/input-shape";
import { createOpenApi } from "@axon/api/rest/openapi";
import { restMethods } from "@axon/api/rest/route";
import { TRPCError } from "@trpc/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addDocsPage } from "./docs-page.ts";

export interface RestDeps {
  /** The same that tRPC's calls are handed. */
  createContext(request: FastifyRequest): ApiCtx;
  /** Told of what went wrong inside, and of nothing else. */
  onFailure(failure: Error, at: { path: string; requestId: string }): void;
}

type Params = Record<string, string>;
type Query = Record<string, unknown>;

export function addRestRoutes(app: FastifyInstance, deps: RestDeps): void {
  void app.register(
    async (scope) => {
      takeJsonOnly(scope);
      addDocument(scope);
      addDocsPage(scope);
      addOperations(scope, deps);
    },
    { prefix: "/v1" },
  );
}

function addOperations(scope: FastifyInstance, deps: RestDeps): void {
  const byPath = new Map<string, RestOperation[]>();
  for (const operation of listOperations()) {
    const url = operation.route.path.replace(/\{(\w+)\}/g, ":$1");
    byPath.set(url, [...(byPath.get(url) ?? []), operation]);
  }
  for (const [url, operations] of byPath) {
    for (const operation of operations) scope.route({ method: operation.route.method, url, handler: handlerOf(operation, deps) });
    const taken = operations.map(({ route }) => route.method);
    const allow = [...taken, ...(taken.includes("GET") ? ["HEAD"] : [])].join(", ");
    const others = restMethods.filter((method) => !taken.includes(method));
    if (others.length > 0) scope.route({ method: others, url, exposeHeadRoute: false, handler: refuseMethod(allow) });
  }
}

function handlerOf(operation: RestOperation, deps: RestDeps) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const gone = new AbortController();
    reply.raw.once("close", () => {
      if (!reply.raw.writableEnded) gone.abort();
    });
    const key = request.headers["idempotency-key"];
    const parts = {
      params: request.params as Params, // safe: fastify gives the names in the path, as texts
      query: request.query as Query, // safe: what fastify parses a query string to
      body: request.body,
      idempotencyKey: typeof key === "string" ? key : null,
    };
    const answer = await callRest(operation, deps.createContext(request), parts, gone.signal);
    if (answer.failure) deps.onFailure(answer.failure, { path: operation.path, requestId: request.id });
    return send(reply, answer);
  };
}

function refuseMethod(allow: string) {
  return (request: FastifyRequest, reply: FastifyReply) => {
    const refused = answerOfError(
      new TRPCError({ code: "METHOD_NOT_SUPPORTED", message: `${request.method} is not for this path; ${allow} are` }),
      request.id,
    );
    return send(reply.header("allow", allow), refused);
  };
}

function send(reply: FastifyReply, { status, headers, body }: RestAnswer): FastifyReply {
  // Answers hold what belongs to one caller; nothing on the way may keep them for another.
  return reply.code(status).header("cache-control", "no-store").headers(headers).send(body);
}

/** An empty body is no body, whatever its type; anything else must be JSON. */
function takeJsonOnly(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser("error", "error");
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, typeof body === "string" ? body : body.toString("utf8"), done);
  });
}

function addDocument(scope: FastifyInstance): void {
  let made: { text: string; tag: string } | null = null;
  scope.get("/openapi.json", (request, reply) => {
    if (made === null) {
      const text = JSON.stringify(createOpenApi());
      made = { text, tag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` };
    }
    reply.headers({ etag: made.tag, "cache-control": "public, no-cache" });
    if (request.headers["if-none-match"] === made.tag) return reply.code(304).send();
    return reply.type("application/json; charset=utf-8").send(made.text);
  });
}
