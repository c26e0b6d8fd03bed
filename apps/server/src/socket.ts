/**
 * tRPC over WebSocket, beside the HTTP routes on the same port.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, Server } from "node:http";
import { appRouter } from "@axon/api/router";
import type { Env } from "@axon/config/env";
import { Refusal } from "@axon/core/errors";
import { createWire } from "@axon/realtime/wire/wire";
import { currentRequest, type Parts } from "@axon/runtime/parts";
import { WebSocketServer } from "ws";
import { clientAddress, type TrustProxy } from "./client-address.ts";
import { bearerOf, type ContextDeps, createContext, workspaceOf } from "./create-context.ts";
import { rawAnswer } from "./door-answer.ts";
import type { DoorOptions } from "./door-options.ts";
import type { Origins } from "./origins.ts";
import { observeCalls, watchFailures } from "./request-log.ts";
import { GuardedSocket, guardSocket } from "./socket-guard.ts";
import { createTally } from "./tally.ts";
import { admitUpgrades, widgetSocketPath } from "./upgrades.ts";

/** A client that has not said goodbye by then is gone, or does not listen. */
const goodbyeMs = 2_000;
/** A reader who has this much unread is waited for, */
const unreadBytesMax = 1024 * 1024;
/** and who takes in nothing for this long is let go; it can come back and resume. */
const stalledMsMax = 30_000;

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
  const observe = observeCalls(parts, "socket");
  const wire = createWire({
    router: appRouter,
    pingMs: options.pingMs,
    pongWaitMs: options.pongWaitMs,
    unreadBytesMax,
    stalledMsMax,
    onFailure: watchFailures(parts),
  });
  // Of the request only what is used later is kept: ten thousand idle sockets hold what this holds, ten thousand times.
  const contextsOf = (request: IncomingMessage, socket: GuardedSocket) => {
    const { "user-agent": userAgent, origin } = request.headers;
    const headers: IncomingHttpHeaders = {
      ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
      ...(origin === undefined ? {} : { origin }),
    };
    const [token, workspaceId] = [bearerOf(request.headers), workspaceOf(request.headers)];
    const ip = clientAddress(request, trust);
    const visitorsOnly = request.url?.split("?", 1)[0] === widgetSocketPath;
    return (params: Record<string, string | undefined> | null) => {
      const socketId = randomUUID();
      return createContext(context, {
        token: params?.["token"] ?? token,
        workspaceId: params?.["workspaceId"] ?? workspaceId,
        ip,
        headers,
        visitorsOnly,
        requestId: () => currentRequest() ?? socketId,
        observe,
        socket: socket.gate?.calling ?? null,
      });
    };
  };
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
        const announcesParams = new URLSearchParams(request.url?.split("?", 2)[1]).get("connectionParams") === "1";
        wire.accept({ socket, stream: connection, announcesParams, contextOf: contextsOf(request, socket) });
      }),
  });
  parts.metrics.gauge("axon_live_sockets", "WebSockets that are open on this process", [], () => [{ labels: {}, value: wss.clients.size }]);
  return {
    close: async () => {
      open = false;
      wire.askToReconnect(wss.clients);
      for (const socket of wss.clients) socket.close(1012, "restarting");
      const cut = setTimeout(() => {
        for (const socket of wss.clients) socket.terminate();
      }, goodbyeMs);
      await new Promise<void>((resolve) => wss.close(() => resolve()));
      clearTimeout(cut);
      wire.close();
    },
  };
}
