/**
 * A small Axon server for this package's tests: real tRPC over real HTTP and WebSockets on a loopback port, with an
 * event log in memory that the test appends to and sockets that the test cuts.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@axon/contracts/auth";
import type { StreamEvent } from "@axon/contracts/events";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { type WebSocket, WebSocketServer } from "ws";

export const workspaceId = "01930000-0000-7000-8000-000000000001";
export const conversationId = "01930000-0000-7000-8000-000000000002";

class Reasoned extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

const refuse = (code: TRPCError["code"], reason: string) =>
  new TRPCError({ code, message: `refused: ${reason}`, cause: new Reasoned(reason) });

export interface TestServerOptions {
  /** The socket itself is refused for a bad token, not the subscription on it. */
  refuseAtConnect?: boolean;
}

/** Starts the server; `stop()` ends it with all its connections. */
export async function startTestServer(options: TestServerOptions = {}) {
  const counts = { signIn: 0, refresh: 0, http: 0, subscribed: 0, connections: 0, put: 0, uploaded: 0 };
  const good = new Set<string>(["fixed"]);
  let refreshToken = "";
  let issued = 0;
  const log: { id: string; event: StreamEvent }[] = [];
  const listeners = new Set<() => void>();
  const seenWorkspaces: (string | undefined)[] = [];
  const lastEventIds: (string | undefined)[] = [];
  let completeAfter = Number.POSITIVE_INFINITY;
  let putFailures = 0;
  let callFailures = 0;

  function session(): Session {
    issued += 1;
    refreshToken = `refresh-${issued}`;
    good.add(`access-${issued}`);
    const soon = new Date(Date.now() + 600_000).toISOString();
    return {
      accessToken: `access-${issued}`,
      accessExpiresAt: soon,
      refreshToken,
      refreshExpiresAt: soon,
      user: { id: workspaceId, email: "a@b.example", name: "A", createdAt: soon, emailVerified: true, totpEnabled: false },
      memberships: [{ workspace: { id: workspaceId, name: "W", slug: "w" }, role: "owner" }],
    };
  }

  interface Ctx {
    token: string | undefined;
    workspaceId: string | undefined;
  }
  const t = initTRPC.context<Ctx>().create({
    isDev: false,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: { ...shape.data, reason: error.cause instanceof Reasoned ? error.cause.reason : null, fields: {}, requestId: "request-1" },
    }),
  });
  const check = (token: string | undefined) => {
    if (token === undefined || !good.has(token)) throw refuse("UNAUTHORIZED", token === undefined ? "unauthorized" : "token_expired");
  };
  const open = t.procedure.input((value: unknown) => value as Record<string, string | undefined>); // safe: a test's own inputs
  const authed = open.use(({ ctx, next }) => {
    check(ctx.token);
    return next();
  });

  async function* read(after: string | undefined, signal: AbortSignal | undefined) {
    counts.subscribed += 1;
    lastEventIds.push(after);
    let place = after === undefined ? log.length : log.findIndex(({ id }) => id === after) + 1;
    let given = 0;
    let wake = () => {};
    const listener = () => wake();
    const stop = () => wake();
    listeners.add(listener);
    signal?.addEventListener("abort", stop);
    try {
      while (!signal?.aborted) {
        for (let item = log[place]; item && !signal?.aborted; item = log[place]) {
          place += 1;
          given += 1;
          yield tracked(item.id, item.event);
          if (given >= completeAfter) return;
        }
        if (signal?.aborted) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (log[place] || signal?.aborted) resolve();
        });
      }
    } finally {
      listeners.delete(listener);
    }
  }

  const documents = new Map<string, { status: string }>();
  const router = t.router({
    auth: t.router({
      signIn: open.mutation(async ({ input }) => {
        counts.signIn += 1;
        if (input.password !== "right") throw refuse("UNAUTHORIZED", "invalid_credentials");
        return session();
      }),
      refresh: open.mutation(async ({ input }) => {
        counts.refresh += 1;
        await sleep(20);
        if (input.refreshToken !== refreshToken) throw refuse("UNAUTHORIZED", "refresh_reused");
        return session();
      }),
      me: authed.query(() => ({ ok: true })),
    }),
    workspaces: t.router({
      get: authed.query(({ ctx }) => {
        seenWorkspaces.push(ctx.workspaceId);
        return { id: ctx.workspaceId };
      }),
    }),
    agents: t.router({
      get: authed.query(({ input }) => {
        if (input.agentId === "missing") throw refuse("NOT_FOUND", "not_found");
        return { id: input.agentId };
      }),
    }),
    knowledge: t.router({
      documents: t.router({
        createUpload: authed.mutation(({ input }) => ({
          documentId: "d1",
          url: "/upload/d1",
          method: "PUT",
          headers: { "x-signed": String(input.name) },
        })),
        completeUpload: authed.mutation(() => {
          documents.set("d1", { status: "queued" });
          return { id: "d1" };
        }),
        get: authed.query(() => ({ id: "d1", status: documents.get("d1")?.status ?? "uploading", progress: { done: 0, total: 3 } })),
      }),
      onProgress: authed.subscription(({ input, signal }) => read(input.lastEventId ?? "", signal)),
    }),
    conversations: t.router({
      get: authed.query(() => ({ id: conversationId, lastEventId: log.at(-1)?.id ?? "0" })),
      onConversation: authed.subscription(({ input, signal }) => {
        if (input.conversationId !== conversationId) throw refuse("NOT_FOUND", "not_found");
        return read(input.lastEventId, signal);
      }),
    }),
  });

  const bearer = (req: IncomingMessage) => req.headers.authorization?.replace("Bearer ", "");
  const handleTrpc = createHTTPHandler({
    router,
    basePath: "/trpc/",
    createContext: ({ req }) => ({ token: bearer(req), workspaceId: req.headers["x-workspace-id"]?.toString() }),
  });
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    if (req.url?.startsWith("/upload/")) {
      counts.put += 1;
      req.on("data", (chunk: Buffer) => {
        counts.uploaded += chunk.length;
      });
      req.on("end", () => {
        const allowed = req.headers["x-signed"] !== undefined && req.headers.authorization === undefined;
        if (putFailures > 0) putFailures -= 1;
        else {
          res.writeHead(allowed ? 200 : 403).end();
          return;
        }
        res.writeHead(503).end("busy");
      });
      return;
    }
    counts.http += 1;
    if (callFailures > 0) {
      callFailures -= 1;
      req.destroy();
      return;
    }
    handleTrpc(req, res);
  });
  const wss = new WebSocketServer({ server, path: "/trpc" });
  wss.on("connection", () => {
    counts.connections += 1;
  });
  const sockets = applyWSSHandler({
    wss,
    router,
    createContext: ({ info }) => {
      const token = info.connectionParams?.token;
      if (options.refuseAtConnect) check(token);
      return { token, workspaceId: info.connectionParams?.workspaceId };
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens

  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    seenWorkspaces,
    lastEventIds,
    documents,
    append(id: string, event: StreamEvent) {
      log.push({ id, event });
      for (const listener of listeners) listener();
    },
    /** From now on every access token given so far is refused. */
    expireTokens: () => good.clear(),
    /** Breaks every socket as a dying network would. */
    cut() {
      for (const socket of wss.clients) (socket as WebSocket).terminate();
    },
    askToReconnect: () => sockets.broadcastReconnectNotification(),
    /** The next subscriptions are closed by the server after this many events. */
    endStreamsAfter(events: number) {
      completeAfter = events;
    },
    failPuts(times: number) {
      putFailures = times;
    },
    /** The next calls over HTTP are cut off without an answer. */
    failCalls(times: number) {
      callFailures = times;
    },
    openSockets: () => wss.clients.size,
    followers: () => listeners.size,
    async stop() {
      for (const socket of wss.clients) socket.terminate();
      wss.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** A piece of a reply, to fill the log with. */
export function delta(index: number): StreamEvent {
  return {
    type: "reply.delta",
    id: `e${index}`,
    at: new Date(0).toISOString(),
    workspaceId,
    conversationId,
    replyId: conversationId,
    index,
    text: `${index} `,
  };
}
