/**
 * The HTTP front door: how long a request may take to arrive, what stands before every route, and the routes.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { Env } from "@axon/config/env";
import { Refusal } from "@axon/core/errors";
import type { Parts } from "@axon/runtime/parts";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { addAttachmentRoute } from "./attachment-route.ts";
import { clientAddress, type TrustProxy } from "./client-address.ts";
import { limitConnections } from "./connections.ts";
import { bearerOf, type ContextDeps, createContext, workspaceOf } from "./create-context.ts";
import { addDoor, refuse } from "./door.ts";
import { bareHeaders, rawAnswer, retryAfter } from "./door-answer.ts";
import type { DoorOptions } from "./door-options.ts";
import { addHealthRoutes } from "./health-routes.ts";
import type { Origins } from "./origins.ts";
import { addRequestLog, observeCalls, watchFailures } from "./request-log.ts";
import { addRestRoutes } from "./rest-routes.ts";
import { addTrpcRoutes } from "./trpc-route.ts";
import { addUploadRoute } from "./upload-route.ts";

export interface HttpParts {
  context: ContextDeps;
  parts: Parts;
  limits: Env["limits"];
  origins: Origins;
  trust: TrustProxy;
  options: DoorOptions;
  /** True while the server still takes new work. */
  open(): boolean;
}

export interface HttpDoor {
  app: FastifyInstance;
  /** Requests that have not been answered to their end. */
  underWay(): number;
}

export async function createHttp({ context, parts, limits, origins, trust, options, open }: HttpParts): Promise<HttpDoor> {
  const app = createApp(options, trust);
  limitConnections(app.server, { perAddress: limits.address.connections, total: options.connectionsMax, trust });
  const underWay = addRequestLog(app, parts);
  // Whoever keeps a connection open looks for another server while this one stops.
  app.addHook("onSend", async (_request, reply) => {
    if (!open()) reply.header("connection", "close");
  });
  await addDoor(app, { origins, limits: parts.limits, requestsPerMinute: limits.address.requestsPerMinute, options });
  addHealthRoutes(app, { ...parts, open });
  if (parts.acceptUpload !== null) addUploadRoute(app, parts.acceptUpload);
  addAttachmentRoute(app, { inWorkspace: parts.inWorkspace, files: parts.files, links: context.services.attachments.links });
  const observe = observeCalls(parts, "http");
  const onError = watchFailures(parts);
  const contextOf = (request: FastifyRequest) =>
    createContext(context, {
      token: bearerOf(request.headers),
      workspaceId: workspaceOf(request.headers),
      ip: clientAddress(request.raw, trust),
      headers: request.headers,
      requestId: () => request.id,
      observe,
      socket: null,
    });
  addRestRoutes(app, {
    createContext: contextOf,
    onFailure: (failure, { path }) => onError({ error: { code: "INTERNAL_SERVER_ERROR", cause: failure }, path }),
  });
  addTrpcRoutes(app, { createContext: contextOf, batchMax: options.batchMax, onError, headersOf: retryAfterOf });
  return { app, underWay };
}

/** How long things may take to arrive, and how large their first lines may be, is for Node's own parser to watch. */
function createApp(options: DoorOptions, trust: TrustProxy): FastifyInstance {
  const app = fastify({
    bodyLimit: options.bodyBytesMax,
    genReqId: () => randomUUID(),
    logger: false,
    // A batch names every procedure in its path.
    routerOptions: { maxParamLength: 5_000 },
    forceCloseConnections: true,
    trustProxy: trust,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: options.keepAliveMs,
    http: {
      headersTimeout: options.headersTimeoutMs,
      connectionsCheckingInterval: options.waitsCheckMs,
      maxHeaderSize: options.headerBytesMax,
    },
    frameworkErrors: ({ code }, request, reply) => {
      // No hook has seen it, so what they add is added here.
      reply.headers({ ...bareHeaders, "x-request-id": request.id });
      if (code === "FST_ERR_MAX_PARAM_LENGTH") void refuse(request, reply, new Refusal("too_large", "The address is too long"), 414);
      else void refuse(request, reply, new Refusal("validation", "The address can't be read"));
    },
    clientErrorHandler: sayWhatWasWrong,
  });
  // Node drops what is beyond its own limit without a word, so that lies above ours, which refuses.
  app.server.maxHeadersCount = options.headersMax * 4;
  return app;
}

/** The last word to whoever sent what is no request, or too slowly. */
function sayWhatWasWrong(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [refusal, status] = refusalOfConnection(error.code);
  if (socket.writable) socket.write(rawAnswer(refusal, "", status));
  socket.destroySoon();
}

function refusalOfConnection(code: string | undefined): [Refusal, number] {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return [new Refusal("too_slow", "The request did not come in time"), 408];
  if (code === "HPE_HEADER_OVERFLOW") return [new Refusal("too_large", "The headers are too large"), 431];
  return [new Refusal("validation", "This is no HTTP request"), 400];
}

function retryAfterOf(errors: readonly Error[]): Record<string, string> {
  for (const { cause } of errors) if (cause instanceof Refusal) return retryAfter(cause.details);
  return {};
}
