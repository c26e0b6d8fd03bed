/**
 * tRPC over WebSocket, beside the HTTP routes on the same port.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { type AppRouter, appRouter } from "@axon/api/router";
import type { Env } from "@axon/config/env";
import { Refusal } from "@axon/core/errors";
import { currentRequest, type Parts } from "@axon/runtime/parts";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { clientAddress, type TrustProxy } from "./client-address.ts";
import { bearerOf, type ContextDeps, createContext, workspaceOf } from "./create-context.ts";
import { rawAnswer } from "./door-answer.ts";
import type { DoorOptions } from "./door-options.ts";
import type { Origins } from "./origins.ts";
import { pace } from "./pace.ts";
import { observeCalls, watchFailures } from "./request-log.ts";
import { GuardedSocket, guardSocket } from "./socket-guard.ts";
import { createTally } from "./tally.ts";
import { admitUpgrades, widgetSocketPath } from "./upgrades.ts";

/** A client that has not said goodbye by then is gone, or does not listen. */
const goodbyeMs = 2_000;

export interface SocketDeps {
  context: ContextDeps;
  parts: Parts;
  limits: Env["limits"];
  origins: Origins;
  trust: TrustProxy;
  options: DoorOptions;
}

export interface Sockets {
  /** Tells every client to reconnect elsewhere, then closes. */
  close(): Promise<void>;
}

export function openSockets(server: Server, { context, parts, limits, origins, trust, options }: SocketDeps): Sockets {
  let open = true;
  const wss = new WebSocketServer({
    noServer: true,
    WebSocket: GuardedSocket,
    maxPayload: options.messageBytesMax,
    perMessageDeflate: false, // A small message that unpacks to a large one would get past every cap.
  });
  wss.on("wsClientError", (_error, connection, request) => {
    connection.end(rawAnswer(new Refusal("validation", "This is no WebSocket handshake"), request.url ?? ""));
  });
  const ofCaller = createTally(limits.caller.sockets);
  admitUpgrades(server, {
    origins,
    limits: parts.limits,
    trust,
    perMinute: limits.address.requestsPerMinute,
    socketsPerAddress: limits.address.sockets,
    options,
    open: () => open,
    accept: (request, connection, head) =>
      wss.handleUpgrade(request, connection, head, (socket) => {
        guardSocket(socket, { options, callers: context.callers, ofCaller });
        wss.emit("connection", socket, request);
      }),
  });
  const observe = observeCalls(parts, "socket");
  parts.metrics.gauge("axon_live_sockets", "WebSockets that are open on this process", [], () => [{ labels: {}, value: wss.clients.size }]);
  const handler = applyWSSHandler<AppRouter>({
    wss,
    router: appRouter,
    keepAlive: { enabled: true, pingMs: options.pingMs, pongWaitMs: options.pongWaitMs },
    createContext: ({ req, res, info }) => {
      const given = info.connectionParams;
      const socketId = randomUUID();
      return createContext(context, {
        token: given?.["token"] ?? bearerOf(req.headers),
        workspaceId: given?.["workspaceId"] ?? workspaceOf(req.headers),
        ip: clientAddress(req, trust),
        headers: req.headers,
        visitorsOnly: req.url?.split("?", 1)[0] === widgetSocketPath,
        requestId: () => currentRequest() ?? socketId,
        observe,
        pace: (signal) => pace(res, signal),
        socket: res instanceof GuardedSocket ? (res.gate?.calling ?? null) : null,
      });
    },
    onError: watchFailures(parts),
  });
  return {
    close: async () => {
      open = false;
      handler.broadcastReconnectNotification();
      for (const socket of wss.clients) socket.close(1012, "restarting");
      const cut = setTimeout(() => {
        for (const socket of wss.clients) socket.terminate();
      }, goodbyeMs);
      await new Promise<void>((resolve) => wss.close(() => resolve()));
      clearTimeout(cut);
    },
  };
}
