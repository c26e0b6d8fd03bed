/**
 * What stands before every route, in the order of the mission: security headers, CORS, rate limit, body cap. Routes
 * authenticate for themselves.
 *
 * @module
 */
import type { Limits, RateLimit } from "@axon/contracts/limits";
import { Refusal } from "@axon/core/errors";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { checkedBody, tooDeep } from "./body-limits.ts";
import { addressKey } from "./client-address.ts";
import { doorAnswer } from "./door-answer.ts";
import type { DoorOptions } from "./door-options.ts";
import { jsonShapeOf } from "./json-shape.ts";
import type { Origins } from "./origins.ts";

export interface DoorParts {
  origins: Origins;
  limits: Limits;
  requestsPerMinute: number;
  options: DoorOptions;
}

/** Requests are counted in windows of this many seconds, so that whoever was refused need not wait long. */
const windowSeconds = 10;

/** tRPC's own adapter breaks over TRACE, and has no use for the others. */
const trpcMethods: ReadonlySet<string> = new Set(["GET", "POST", "HEAD", "OPTIONS"]);

/** One counter for HTTP requests and socket openings. */
export function requestLimit(perMinute: number): RateLimit {
  return { name: "door", points: Math.ceil((perMinute * windowSeconds) / 60), seconds: windowSeconds, inAdvance: true };
}

export async function addDoor(app: FastifyInstance, parts: DoorParts): Promise<void> {
  const { origins, limits, options } = parts;
  const safety = await safetyHeaders();
  app.addHook("onRequest", (_request, reply, done) => {
    for (const [name, value] of safety) reply.raw.setHeader(name, value);
    done();
  });
  await app.register(cors, {
    delegator: async (request: FastifyRequest) => ({
      ...origins.corsFor(pathOf(request)),
      methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      exposedHeaders: ["x-request-id", "retry-after"],
      maxAge: 600,
      preflightContinue: true, // A preflight counts as a request.
    }),
  });
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  const limit = requestLimit(parts.requestsPerMinute);
  app.addHook("onRequest", async (request, reply) => {
    const allowance = await limits.take(limit, addressKey(request.ip));
    if (!allowance.ok) return refuse(request, reply, tooManyRequests(allowance.retryAfterMs));
    const no = refusalOfHead(request, options) ?? refusalOfOrigin(request, origins);
    return no === null ? undefined : refuse(request, reply, no.refusal, no.status);
  });
  app.addHook("preParsing", async (request, _reply, payload) => {
    if (!hasBody(request) || isUpload(request)) return payload;
    return checkedBody(payload, options);
  });
  app.removeAllContentTypeParsers();
  app.setErrorHandler<FastifyError>((error, request, reply) => refuse(request, reply, refusalOfError(error)));
  app.setNotFoundHandler((request, reply) => refuse(request, reply, new Refusal("not_found", "There is no such route")));
}

/** The same for every answer; the plugin would put them together anew for each. */
async function safetyHeaders(): Promise<[string, string][]> {
  const probe = fastify();
  await probe.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  const set: [string, string][] = [];
  probe.get("/", (_request, reply) => {
    for (const [name, value] of Object.entries(reply.raw.getHeaders())) set.push([name, String(value)]);
    return "";
  });
  await probe.inject("/");
  await probe.close();
  return set;
}

export function tooManyRequests(retryAfterMs: number): Refusal {
  return new Refusal("rate_limited", "Too many requests from this address", { retryAfterMs });
}

/** What can be told from the first lines alone. */
function refusalOfHead(request: FastifyRequest, options: DoorOptions): { refusal: Refusal; status: number } | null {
  const { headers, raw } = request;
  if ((raw.url ?? "").length > options.urlCharsMax) return { refusal: new Refusal("too_large", "The address is too long"), status: 414 };
  if (raw.rawHeaders.length / 2 > options.headersMax) return { refusal: new Refusal("too_large", "Too many headers"), status: 431 };
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    return { refusal: new Refusal("unsupported_type", "Compressed bodies are not taken"), status: 415 };
  const path = pathOf(request);
  if (!path.startsWith("/trpc")) return null;
  if (!trpcMethods.has(request.method)) return { refusal: new Refusal("validation", "Call with GET or POST"), status: 405 };
  const type = headers["content-type"];
  if (type !== undefined && !/^application\/json *(;|$)/i.test(type))
    return { refusal: new Refusal("unsupported_type", "The body must be JSON, with the content type application/json"), status: 415 };
  const { input } = request.query as Record<string, unknown>; // safe: what fastify parses a query string to
  if (typeof input === "string" && jsonShapeOf(input).depth() > options.jsonDepthMax)
    return { refusal: tooDeep(options.jsonDepthMax), status: 400 };
  return null;
}

function refusalOfOrigin(request: FastifyRequest, origins: Origins): { refusal: Refusal; status: number } | null {
  const refusal = origins.refusalFor({ method: request.method, path: pathOf(request), origin: request.headers.origin });
  return refusal === null ? null : { refusal, status: 403 };
}

/** What went wrong between the first line and the route. What isn't the caller's fault is ours, and is masked. */
function refusalOfError(error: FastifyError): unknown {
  if (error instanceof Refusal) return error;
  if (error.statusCode === 413) return new Refusal("too_large", "The body is too large");
  if (error.statusCode === 415) return new Refusal("unsupported_type", "This route does not take such a body");
  if (error.statusCode !== undefined && error.statusCode < 500) return new Refusal("validation", "The request can't be read");
  return error;
}

export function refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown, status?: number): FastifyReply {
  const answer = doorAnswer(thrown, request.raw.url ?? "", request.id, status ?? statusOf(thrown));
  // Of a body that nobody has read the rest would be taken for the next request.
  if (hasBody(request) && !request.raw.complete) reply.header("connection", "close");
  return reply
    .code(answer.status)
    .headers({ "cache-control": "no-store", ...answer.headers })
    .send(answer.body);
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof Refusal && thrown.reason === "unsupported_type" ? 415 : undefined;
}

export function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? "").split("?", 1)[0] ?? "";
}

function isUpload(request: FastifyRequest): boolean {
  return pathOf(request).startsWith("/uploads/");
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}
