/**
 * The WebSocket that subscriptions travel on: opened at the first one, kept alive, reconnected with jittered waits,
 * closed when none is left. Every connection asks anew for the token, so one that was renewed is used at once.
 *
 * It refuses to know what is subscribed to; resuming by the last id is tRPC's, which sends it again on a reconnect.
 *
 * @module
 */
import type { AppRouter } from "@axon/api/router";
import type { TRPCLink, TRPCWebSocketClient } from "@trpc/client";
import { createWSClient, TRPCClientError, wsLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { backoffMs } from "./backoff.ts";
import { AxonError, axonErrorOf, mayPass } from "./errors.ts";
import { noteSentToken } from "./recover-link.ts";
import type { SessionKeeper } from "./session-keeper.ts";

export type WebSocketClass = typeof globalThis.WebSocket;

const pingIntervalMs = 10_000;
const pongTimeoutMs = 5_000;
/** An unused socket is closed after this. Shorter than a ping interval on purpose: a pong counts as use. */
const idleCloseMs = 5_000;

export interface SocketDeps {
  /** The ws:// or wss:// address of tRPC. */
  url: string;
  keeper: SessionKeeper;
  workspaceId(): string | undefined;
  WebSocket?: WebSocketClass | undefined;
}

export interface Socket {
  link: TRPCLink<AppRouter>;
  /** Lets go of a connection whose token was refused; the next subscription opens another. */
  retire(token: string | null): void;
  close(): Promise<void>;
}

interface Connection {
  client: TRPCWebSocketClient;
  token: string | null;
  /** True once the server has answered anything on the present connection. */
  heard: boolean;
  /** Per subscription on it: ends that one with this error. */
  failures: Set<(error: unknown) => void>;
  /** No new subscription may join; it is closed when the last one has left. */
  retired: boolean;
}

/** Makes the socket; nothing is opened before the first subscription. */
export function createSocket(deps: SocketDeps): Socket {
  let current: Promise<Connection> | null = null;
  let present: Connection | null = null;
  let closed = false;
  const open = new Set<Connection>();

  async function connect(): Promise<Connection> {
    const WebSocket = deps.WebSocket ?? globalThis.WebSocket ?? (await nodeWebSocket());
    if (closed) throw new AxonError({ reason: "aborted", message: "the client was closed" });
    const connection = createConnection(deps, WebSocket);
    present = connection;
    open.add(connection);
    return connection;
  }

  /** A retired connection goes when nobody is left on it. */
  function letGo(connection: Connection): void {
    if (!connection.retired || connection.failures.size > 0 || !open.delete(connection)) return;
    connection.client.close().catch(() => undefined);
  }

  const link: TRPCLink<AppRouter> = (runtime) => (request) =>
    observable((observer) => {
      let leave: (() => void) | null = null;
      let ended = false;
      const fail = (error: unknown) => observer.error(TRPCClientError.from(axonErrorOf(error)));
      current ??= connect();
      current.then((connection) => {
        if (ended) return;
        connection.failures.add(fail);
        const subscription = wsLink<AppRouter>({ client: connection.client })(runtime)(request).subscribe({
          next(envelope) {
            if (envelope.result.type !== "state") connection.heard = true;
            observer.next(envelope);
          },
          error(error) {
            noteSentToken(request.op, connection.token);
            observer.error(error);
          },
          complete: () => observer.complete(),
        });
        leave = () => {
          connection.failures.delete(fail);
          subscription.unsubscribe();
          letGo(connection);
        };
        if (ended) leave();
      }, fail);
      return () => {
        ended = true;
        leave?.();
      };
    });

  return {
    link,
    retire(token) {
      if (!present || present.token !== token) return;
      present.retired = true;
      letGo(present);
      present = null;
      current = null;
    },
    async close() {
      closed = true;
      current = null;
      present = null;
      const closing = [...open];
      open.clear();
      await Promise.all(closing.map(({ client }) => client.close()));
    },
  };
}

function createConnection(deps: SocketDeps, WebSocket: WebSocketClass): Connection {
  let attempts = 0;
  const client = createWSClient({
    url: deps.url,
    WebSocket,
    lazy: { enabled: true, closeMs: idleCloseMs },
    keepAlive: { enabled: true, intervalMs: pingIntervalMs, pongTimeoutMs },
    // The first retry is jittered too: after a server restart all its readers come back at once.
    retryDelayMs: (attempt) => backoffMs(attempt),
    connectionParams: async () => {
      const token = await tokenFor(attempts > 0 && !connection.heard);
      attempts += 1;
      connection.token = token;
      connection.heard = false;
      const workspaceId = deps.workspaceId();
      return { ...(token === null ? {} : { token }), ...(workspaceId === undefined ? {} : { workspaceId }) };
    },
  });
  const connection: Connection = { client, token: null, heard: false, failures: new Set(), retired: false };

  /** A connection that ended before the server said a word may have been refused for its token: then a new one. */
  async function tokenFor(suspect: boolean): Promise<string | null> {
    try {
      return (suspect ? await deps.keeper.renew(connection.token) : null) ?? (await deps.keeper.token());
    } catch (cause) {
      // An outage is worth another try; a refusal is not, and must not look like an endless wait.
      if (!mayPass(axonErrorOf(cause))) for (const fail of [...connection.failures]) fail(cause);
      throw cause;
    }
  }
  return connection;
}

/** Node 20 has no WebSocket of its own. Loaded only then, so a browser's bundle never runs it. */
async function nodeWebSocket(): Promise<WebSocketClass> {
  const { WebSocket } = await import("ws");
  return WebSocket as unknown as WebSocketClass; // safe: ws implements the browser's interface as far as tRPC uses it
}
