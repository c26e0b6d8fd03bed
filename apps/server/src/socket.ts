/**
 * tRPC over WebSocket, beside the HTTP routes on the same port.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { ApiServices } from "@axon/api/context";
import { type AppRouter, appRouter } from "@axon/api/router";
import type { Logger } from "@axon/config/logger";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { bearerOf, createContext, workspaceOf } from "./create-context.ts";
import { pace } from "./pace.ts";

/** Largest message that a client may send. */
const messageBytesMax = 256 * 1024;

export interface Sockets {
  /** Tells every client to reconnect elsewhere, then closes. */
  close(): Promise<void>;
}

export function openSockets(server: Server, services: ApiServices, allowedOrigins: readonly string[], log: Logger): Sockets {
  const wss = new WebSocketServer({
    server,
    path: "/trpc",
    maxPayload: messageBytesMax,
    // Browsers send their origin and cannot be stopped from opening sockets by CORS; others send none.
    verifyClient: ({ origin }: { origin?: string }) => origin === undefined || allowedOrigins.includes(origin),
  });
  // It repeats what goes wrong with listening, which whoever listens is told already; unheard it would end the process.
  wss.on("error", () => {});
  const handler = applyWSSHandler<AppRouter>({
    wss,
    router: appRouter,
    keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 10_000 },
    createContext: ({ req, res, info }) => {
      const given = info.connectionParams;
      return createContext(services, {
        token: given?.["token"] ?? bearerOf(req.headers),
        workspaceId: given?.["workspaceId"] ?? workspaceOf(req.headers),
        ip: req.socket.remoteAddress ?? null,
        headers: req.headers,
        requestId: randomUUID(),
        pace: (signal) => pace(res, signal),
      });
    },
    onError: ({ error, path, ctx }) => {
      if (error.code === "INTERNAL_SERVER_ERROR")
        log.error({ err: error.cause ?? error, path, requestId: ctx?.requestId }, "a procedure failed");
    },
  });
  return {
    close: async () => {
      handler.broadcastReconnectNotification();
      for (const socket of wss.clients) socket.close(1012, "restarting");
      await new Promise<void>((resolve) => wss.close(() => resolve()));
    },
  };
}
