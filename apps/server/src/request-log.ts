/**
 * What the log and the metrics are told of requests: a number for each, one line when it ends, and what went wrong on our
 * side. Over a socket each message is a request of its own.
 *
 * Knows methods, routes, names of procedures, outcomes and times; no query string, no body, and nothing that a caller made up.
 * Our own number is used, whatever `x-request-id` a caller sends: it goes into logs and to the model's vendor, and two
 * callers must not be able to share one.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { ApiCtx } from "@axon/api/context";
import { appRouter } from "@axon/api/router";
import { type LogContext, resumeLogContext, withLogContext } from "@axon/config/log-context";
import { Refusal } from "@axon/core/errors";
import type { Parts } from "@axon/runtime/parts";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { WebSocket } from "ws";

type Watchers = Pick<Parts, "log" | "metrics" | "reporter">;

/** Probes and scrapers come every few seconds; their lines are for debugging only. */
const quietRoutes = new Set(["/healthz", "/readyz", "/metrics"]);
const noRoute = "none";
/** Names of one batch that a line shows. */
const namesMax = 10;

/**
 * Has to come before everything else of `app`, so that also what is turned away at once is counted. Gives how many requests
 * are under way, probes left out.
 */
export function addRequestLog(app: FastifyInstance, { log, metrics, reporter }: Watchers): () => number {
  const contexts = new WeakMap<FastifyRequest, LogContext>();
  let underWay = 0;
  app.addHook("onRequest", (request, reply, done) => {
    const context: LogContext = { requestId: request.id };
    contexts.set(request, context);
    const startedAt = performance.now();
    const route = request.is404 ? noRoute : (request.routeOptions.url ?? noRoute);
    const counted = quietRoutes.has(route) ? 0 : 1;
    underWay += counted;
    // `close` comes whether the answer was taken to its end or not.
    reply.raw.once("close", () => {
      underWay -= counted;
      const ms = performance.now() - startedAt;
      const { statusCode: status } = reply.raw;
      metrics.httpEnded({ method: request.method, route, status, ms });
      const line = { method: request.method, path: pathOf(request, route), status, ms: Math.round(ms) };
      const cut = reply.raw.writableFinished ? {} : { cut: true };
      resumeLogContext(context, () => log[quietRoutes.has(route) ? "debug" : "info"]({ ...line, ...cut }, "request"));
    });
    resumeLogContext(context, done);
  });
  // Reading the body has left the context; from here on it holds.
  app.addHook("preHandler", (request, _reply, done) => resumeLogContext(contexts.get(request) ?? {}, done));
  app.addHook("onError", async (request, _reply, error) => {
    if (error instanceof Refusal || (error.statusCode ?? 500) < 500) return;
    resumeLogContext(contexts.get(request) ?? {}, () => {
      log.error({ err: error }, "a request failed");
      reporter.report(error, { route: request.routeOptions.url ?? noRoute });
    });
  });
  return () => underWay;
}

/** A socket whose every message is handled as a request with a number of its own. */
export class NumberedSocket extends WebSocket {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "message") return super.emit(event, ...args);
    return withLogContext({ requestId: randomUUID() }, () => super.emit(event, ...args));
  }
}

/** Counts calls of procedures; over a socket, where nothing else ends with a call, it also writes the line. */
export function observeCalls({ log, metrics }: Watchers, over: "http" | "socket"): ApiCtx["observe"] {
  return ({ path, kind }) => {
    const startedAt = performance.now();
    const ended = metrics.procedureBegan(path, kind);
    return (outcome) => {
      ended(outcome);
      if (over === "http") return;
      const reason = outcome.reason === null ? {} : { reason: outcome.reason };
      log.info({ method: kind, path, status: outcome.code, ...reason, ms: Math.round(performance.now() - startedAt) }, "request");
    };
  };
}

/** For tRPC's `onError`: our own failures go to the log and to whoever watches, and names that there are not are counted. */
export function watchFailures({ log, metrics, reporter }: Watchers) {
  return ({ error, path }: { error: { code: string; cause?: Error | undefined }; path?: string | undefined }): void => {
    const procedure = path === undefined ? noRoute : known(path);
    if (error.code === "INTERNAL_SERVER_ERROR") {
      log.error({ err: error.cause ?? error, path: procedure }, "a procedure failed");
      reporter.report(error.cause ?? error, { procedure });
    } else if (path !== undefined && procedure !== path) metrics.procedureUnknown();
  };
}

/** The route's pattern; for tRPC the procedures that were called. */
function pathOf(request: FastifyRequest, route: string): string {
  const { params } = request;
  if (route !== "/trpc/:path" || typeof params !== "object" || params === null || !("path" in params)) return route;
  return [...new Set(String(params.path).split(",").map(known))].slice(0, namesMax).join(",");
}

function known(name: string): string {
  return Object.hasOwn(appRouter._def.procedures, name) ? name : "unknown";
}
