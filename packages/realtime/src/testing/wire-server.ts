/**
 * A server on a loopback port that speaks tRPC over WebSockets, by our wire or by tRPC's own handler, for this package's tests.
 *
 * @module
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { PushedStream } from "@axon/contracts/live-stream";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { z } from "zod";
import type { Hub } from "../hub.ts";
import { parsePosition } from "../position.ts";
import { createWire, type WireOptions } from "../wire/wire.ts";

interface Ctx {
  token: string | undefined;
}
const place = z.object({ workspaceId: z.string(), conversationId: z.string(), lastEventId: z.string().optional() });

/** `follow` hands out what the hub has; the others are there to be called in every way there is. */
export function createRouter(hub: Hub) {
  const t = initTRPC.context<Ctx>().create({ isDev: false });
  const open = t.procedure.use(({ ctx, next }) => {
    if (ctx.token !== "good") throw new TRPCError({ code: "UNAUTHORIZED", message: "sign in" });
    return next();
  });
  return t.router({
    echo: open.input(z.object({ text: z.string() })).query(({ input }) => input.text),
    nothing: open.mutation(() => {}),
    broken: open.mutation(() => {
      throw new Error("inside");
    }),
    count: open.input(z.object({ to: z.number(), lastEventId: z.string().optional() })).subscription(async function* ({ input }) {
      for (let at = Number(input.lastEventId ?? 0) + 1; at <= input.to; at++) yield tracked(String(at), { at });
    }),
    plain: open.subscription(async function* () {
      yield "one";
      throw new TRPCError({ code: "CONFLICT", message: "no more" });
    }),
    endless: open.subscription(async function* ({ signal }) {
      yield 1;
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    }),
    notStream: open.query(() => 7),
    follow: open.input(place).subscription(({ input: { workspaceId, conversationId, lastEventId = "0" }, signal }) => {
      const from = { workspaceId, conversationId, after: parsePosition(lastEventId) };
      const stream: PushedStream<unknown> = {
        [Symbol.asyncIterator]: () => hub.conversation({ ...from, signal: signal ?? new AbortController().signal }),
        pushTo: (sink) => hub.push({ ...from, sink }),
      };
      return stream;
    }),
  });
}

export const wireDefaults = { pingMs: 30_000, pongWaitMs: 10_000, stalledMsMax: 30_000, unreadBytesMax: 1024 * 1024 };

export async function startWireServer(hub: Hub, options: { by?: "wire" | "trpc" } & Partial<Omit<WireOptions, "router">> = {}) {
  const router = createRouter(hub);
  const server = createServer();
  const connections = new Set<Duplex>();
  const failures: string[] = [];
  const { by = "wire", ...given } = options;
  const wss = new WebSocketServer({ noServer: true });
  const wire = createWire({ ...wireDefaults, onFailure: ({ error }) => void failures.push(error.code), ...given, router });
  if (by === "trpc") {
    applyWSSHandler({ wss, router, createContext: ({ info }) => contextOf(info.connectionParams) });
  }
  server.on("upgrade", (request, stream, head) => {
    connections.add(stream);
    stream.once("close", () => connections.delete(stream));
    wss.handleUpgrade(request, stream, head, (socket) => {
      if (by === "trpc") wss.emit("connection", socket, request);
      else wire.accept({ socket, stream, announcesParams: request.url?.includes("connectionParams=1") === true, contextOf });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // safe: a TCP server that listens
  return {
    url: `ws://127.0.0.1:${port}/?connectionParams=1`,
    failures,
    unread: () => Math.max(0, ...[...connections].map(({ writableLength }) => writableLength)),
    sockets: () => wss.clients.size,
    askToReconnect: () => wire.askToReconnect(wss.clients),
    async stop() {
      wire.close();
      for (const socket of wss.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function contextOf(params: Record<string, string | undefined> | null): Ctx {
  if (params?.["token"] === "broken") throw new TRPCError({ code: "UNAUTHORIZED", message: "no context" });
  return { token: params?.["token"] };
}
