/**
 * The HTTP front door, in the order of the mission: security headers, CORS, rate limit, body cap, then the routes,
 * which authenticate for themselves.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { ApiServices } from "@axon/api/context";
import { type AppRouter, appRouter } from "@axon/api/router";
import type { Env } from "@axon/config/env";
import type { Parts } from "@axon/runtime/parts";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import fastify, { type FastifyInstance } from "fastify";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { bearerOf, createContext, workspaceOf } from "./create-context.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { addUploadRoute } from "./upload-route.ts";

/** Largest JSON body: `documents.addText` takes a million characters, of up to four bytes. */
const bodyBytesMax = 6 * 1024 * 1024;
/** Calls in one batch. */
const batchMax = 50;
/** Requests of one address within ten seconds: far above any dashboard, far below a flood. */
const requestsPer10s = 3_000;

export interface HttpParts {
  services: ApiServices;
  parts: Parts;
  http: Env["http"];
  /** Numbers of this process for `/metrics`. */
  liveStats(): { topics: number; followers: number };
  /** True while the server still takes new work. */
  open(): boolean;
}

export async function createHttp({ services, parts, http, liveStats, open }: HttpParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    genReqId: () => randomUUID(),
    logger: false,
    // A batch names every procedure in its path.
    routerOptions: { maxParamLength: 5_000 },
    forceCloseConnections: true,
  });
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  await app.register(cors, {
    origin: http.allowedOrigins,
    credentials: true,
    methods: ["GET", "POST", "PUT"],
    exposedHeaders: ["x-request-id"],
    maxAge: 600,
  });
  addRateLimit(app);
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  addHealthRoutes(app, { check: parts.check, liveStats, open });
  if (parts.acceptUpload !== null) addUploadRoute(app, parts.acceptUpload);
  await app.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: {
      router: appRouter,
      maxBatchSize: batchMax,
      createContext: ({ req }) =>
        createContext(services, {
          token: bearerOf(req.headers),
          workspaceId: workspaceOf(req.headers),
          ip: req.ip,
          headers: req.headers,
          requestId: req.id,
          pace: async () => {}, // Over SSE the stream itself waits for its reader.
        }),
      onError: ({ error, path, ctx }) => {
        if (error.code === "INTERNAL_SERVER_ERROR")
          parts.log.error({ err: error.cause ?? error, path, requestId: ctx?.requestId }, "a procedure failed");
      },
    } satisfies FastifyTRPCPluginOptions<AppRouter>["trpcOptions"],
  });
  return app;
}

function addRateLimit(app: FastifyInstance): void {
  const limiter = new RateLimiterMemory({ points: requestsPer10s, duration: 10 });
  app.addHook("onRequest", async (request, reply) => {
    try {
      await limiter.consume(request.ip);
    } catch {
      await reply
        .code(429)
        .header("retry-after", "10")
        .send({ error: { message: "Too many requests", data: { reason: "rate_limited", requestId: request.id } } });
    }
  });
}
