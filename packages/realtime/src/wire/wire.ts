/**
 * tRPC over WebSockets, as tRPC's own clients speak it, made for many readers of the same event: it is serialised once, and
 * what goes to a socket are bytes.
 *
 * It refuses to know who may open a socket and how much may be said on it: whoever accepts it has seen to that.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { AnyRouter, TRPCError } from "@trpc/server";
import type { WebSocket } from "ws";
import { Connection, type Params, type Shared } from "./connection.ts";
import { createKeepAlive, type KeepAliveOptions } from "./keep-alive.ts";

export type WireRouter = AnyRouter;

export interface Failure {
  error: TRPCError;
  path: string | undefined;
}

export interface WireOptions extends KeepAliveOptions {
  router: WireRouter;
  /** A reader who has this much unread is waited for. */
  unreadBytesMax: number;
  /** Told of every no, also of those that are the caller's own doing. */
  onFailure(failure: Failure): void;
}

export interface Accepted {
  socket: WebSocket;
  /** What the socket stands on. */
  stream: Duplex;
  /** True when the first message is to be the connection's parameters. */
  announcesParams: boolean;
  /** Makes what the procedures are handed, once. What it throws closes the socket. */
  contextOf(params: Params): unknown;
}

export interface Wire {
  accept(accepted: Accepted): void;
  /** Asks everybody to come back over another connection. */
  askToReconnect(sockets: Iterable<WebSocket>): void;
  /** Stops looking after the sockets. They are closed by whoever opened them. */
  close(): void;
}

export function createWire({ router, unreadBytesMax, onFailure, ...keepAlive }: WireOptions): Wire {
  const shared: Shared = { router, unreadBytesMax, onFailure, keepAlive: createKeepAlive(keepAlive) };
  return {
    accept({ socket, stream, announcesParams, contextOf }) {
      const connection = new Connection(shared, socket, stream, contextOf);
      shared.keepAlive.add(connection);
      socket.on("message", (data, isBinary) => connection.hear(data, isBinary));
      socket.on("error", (cause) => connection.failed(cause));
      socket.once("close", () => connection.gone());
      if (!announcesParams) connection.open();
    },
    askToReconnect(sockets) {
      for (const socket of sockets) if (socket.readyState === socket.OPEN) socket.send('{"id":null,"method":"reconnect"}');
    },
    close: () => shared.keepAlive.close(),
  };
}
