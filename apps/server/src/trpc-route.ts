/**
 * tRPC over HTTP. Ordinary calls, alone or in a batch, are read and answered here with the strings that came and go; everything
 * else (streams, other bodies, what can't be read) is handed to tRPC's own adapter, which builds web requests, responses and
 * streams around every call. A test holds the answers of the two side by side.
 *
 * It refuses to know what any procedure does.
 *
 * @module
 */
import type { ApiCtx } from "@axon/api/context";
import { type AppRouter, appRouter } from "@axon/api/router";
import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { type FastifyTRPCPluginOptions, fastifyRequestHandler } from "@trpc/server/adapters/fastify";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export interface TrpcRouteDeps {
  createContext(request: FastifyRequest): ApiCtx;
  /** Calls in one batch. */
  batchMax: number;
  /** Told of every call that failed. */
  onError(failed: { error: TRPCError; path?: string | undefined }): void;
  /** What an answer with these failures says in its headers. */
  headersOf(errors: readonly Error[]): Record<string, string>;
}

type Kind = "query" | "mutation" | "subscription";

interface Call {
  path: string;
  input: unknown;
}

/** Calls that can be made as they stand, all of one kind. */
interface Plain {
  kind: "query" | "mutation";
  batch: boolean;
  calls: Call[];
}

/** Answers are as different as what asks for them says it can read. */
const vary = "trpc-accept, accept";

export function addTrpcRoutes(app: FastifyInstance, deps: TrpcRouteDeps): void {
  const options = {
    router: appRouter,
    maxBatchSize: deps.batchMax,
    createContext: ({ req }) => deps.createContext(req),
    onError: deps.onError,
    responseMeta: ({ errors }) => ({ headers: new Headers(deps.headersOf(errors)) }),
  } satisfies FastifyTRPCPluginOptions<AppRouter>["trpcOptions"];
  void app.register(async (scope) => {
    scope.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => done(null, body));
    scope.all("/trpc/:path", async (request, reply) => {
      const { path } = request.params as { path: string }; // safe: the route has it
      const plain = plainCallsOf(request, path, deps.batchMax);
      if (plain === null) await fastifyRequestHandler({ ...options, req: request, res: reply, path });
      else await answer(request, reply, plain, deps);
      return reply;
    });
  });
}

/** Null for everything that is not plainly one or more calls of procedures that there are. */
function plainCallsOf(request: FastifyRequest, path: string, batchMax: number): Plain | null {
  const { method, headers } = request;
  const kind = method === "GET" ? "query" : method === "POST" ? "mutation" : null;
  const { batch, input, connectionParams } = request.query as Record<string, unknown>; // safe: what fastify parses a query string to
  if (kind === null || connectionParams !== undefined || (batch !== undefined && batch !== "1")) return null;
  if (headers["trpc-accept"] !== undefined || headers.accept?.includes("jsonl")) return null;
  if (kind === "mutation" && !/^application\/json *(;|$)/i.test(headers["content-type"] ?? "")) return null;
  const paths = batch === "1" ? path.split(",") : [path];
  if (paths.length > batchMax || !paths.every((each) => kindOf(each) === kind)) return null;
  const text = kind === "query" ? input : request.body;
  const inputs = text === undefined && kind === "query" ? {} : parsed(text);
  if (inputs === undefined) return null;
  if (batch === undefined) return { kind, batch: false, calls: [{ path, input: text === undefined ? undefined : inputs }] };
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) return null;
  const byNumber = new Map(Object.entries(inputs));
  return { kind, batch: true, calls: paths.map((each, at) => ({ path: each, input: byNumber.get(String(at)) })) };
}

function kindOf(path: string): Kind | null {
  // safe: tRPC keeps the procedures of nested routers in one flat record, by dotted path
  const flat = appRouter._def.procedures as unknown as Record<string, { _def: { type: Kind } }>;
  return Object.hasOwn(flat, path) ? (flat[path]?._def.type ?? null) : null;
}

/** Undefined for what is no JSON; JSON has no way to say that. */
function parsed(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Outcome = { data: unknown } | { error: TRPCError };

async function answer(request: FastifyRequest, reply: FastifyReply, { kind, batch, calls }: Plain, deps: TrpcRouteDeps): Promise<void> {
  const ctx = deps.createContext(request);
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  const outcomes = await Promise.all(calls.map((call, at) => outcomeOf(call, at, kind, ctx, gone.signal)));
  const errors = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
  const told = outcomes.map((outcome, at) => {
    if ("data" in outcome) return { result: { data: outcome.data } };
    const { error } = outcome;
    const { path, input } = calls[at] ?? { path: undefined, input: undefined };
    deps.onError({ error, path });
    return { error: getTRPCErrorShape({ config: appRouter._def._config, ctx, error, input, path, type: kind }) };
  });
  const statuses = new Set(outcomes.map((outcome) => ("error" in outcome ? getHTTPStatusCodeFromError(outcome.error) : 200)));
  const [status = 200] = statuses;
  const already = reply.getHeader("vary");
  reply
    .code(statuses.size > 1 ? 207 : status)
    .header("content-type", "application/json")
    .header("vary", already === undefined ? vary : `${String(already)}, ${vary}`)
    .headers(deps.headersOf(errors))
    .send(JSON.stringify(batch ? told : told[0]));
}

async function outcomeOf({ path, input }: Call, at: number, kind: Kind, ctx: ApiCtx, signal: AbortSignal): Promise<Outcome> {
  try {
    const getRawInput = async () => input;
    const data: unknown = await callTRPCProcedure({ router: appRouter, path, getRawInput, ctx, type: kind, signal, batchIndex: at });
    if (typeof data !== "object" || data === null || !(Symbol.asyncIterator in data)) return { data };
    throw new TRPCError({ code: "UNSUPPORTED_MEDIA_TYPE", message: "A stream can't be the answer to an ordinary call" });
  } catch (error) {
    return { error: getTRPCErrorFromUnknown(error) };
  }
}
