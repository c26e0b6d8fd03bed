/**
 * The peers: sockets without anything, socket.io, and tRPC's own handler, each as its own documents show it. No compression anywhere.
 *
 * @module
 */
import { EventEmitter, on } from "node:events";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { jwtVerify } from "jose";
import { Server as SocketIo } from "socket.io";
import { type WebSocket, WebSocketServer } from "ws";
import { conversationOf, messageEvent } from "./message.ts";
import type { Variant, VariantOptions } from "./variant.ts";

/** The limit: a frame is made and sent. Nobody is asked who they are, nothing can be stopped, nobody is waited for. */
export function rawVariant({ server }: VariantOptions): Variant {
  const wss = new WebSocketServer({ server, perMessageDeflate: false });
  const readers: WebSocket[] = [];
  let seq = 0;
  const frame = (reader: number) => {
    seq += 1;
    return JSON.stringify({ id: 1, result: { type: "data", data: { id: String(seq), data: messageEvent(reader, seq) }, id: String(seq) } });
  };
  wss.on("connection", (socket) => {
    socket.once("message", () => {
      readers.push(socket);
      socket.send("started");
    });
  });
  return {
    readers: () => readers.length,
    toRoom() {
      const bytes = Buffer.from(frame(0));
      for (const socket of readers) socket.send(bytes, { binary: false });
    },
    toOne: (reader) => readers[reader]?.send(frame(reader)),
  };
}

export function socketIoVariant({ server }: VariantOptions): Variant {
  const io = new SocketIo(server, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
  const readers: { emit(name: string, value: unknown): boolean }[] = [];
  let seq = 0;
  io.on("connection", (socket) => {
    // socket.io's own advice on memory: the first request is not needed any more.
    Reflect.deleteProperty(socket.conn, "request");
    void socket.join("room");
    readers.push(socket);
    socket.emit("started", null);
  });
  return {
    readers: () => readers.length,
    toRoom() {
      seq += 1;
      io.to("room").emit("event", messageEvent(0, seq));
    },
    toOne(reader) {
      seq += 1;
      readers[reader]?.emit("event", messageEvent(reader, seq));
    },
  };
}

interface Ctx {
  account: string | null;
}

/** tRPC's own handler, over an emitter of the same process. */
export function trpcVariant({ server, shape, secret }: VariantOptions): Variant {
  const emitter = new EventEmitter().setMaxListeners(0);
  let readers = 0;
  let seq = 0;
  const t = initTRPC.context<Ctx>().create({ isDev: false });
  const router = t.router({
    follow: t.procedure
      .input((value: unknown) => value as { reader: number }) // safe: the bench's own readers call it
      .subscription(async function* ({ ctx, input, signal }) {
        if (ctx.account === null) throw new TRPCError({ code: "UNAUTHORIZED" });
        readers += 1;
        const name = shape === "room" ? "room" : conversationOf(input.reader);
        for await (const [id, event] of on(emitter, name, { signal })) yield tracked(String(id), event);
      }),
  });
  applyWSSHandler({
    wss: new WebSocketServer({ server, perMessageDeflate: false }),
    router,
    keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 10_000 },
    createContext: async ({ info }): Promise<Ctx> => {
      const { payload } = await jwtVerify(info.connectionParams?.["token"] ?? "", secret);
      return { account: payload.sub ?? null };
    },
  });
  return {
    readers: () => readers,
    toRoom() {
      seq += 1;
      emitter.emit("room", seq, messageEvent(0, seq));
    },
    toOne(reader) {
      seq += 1;
      emitter.emit(conversationOf(reader), seq, messageEvent(reader, seq));
    },
  };
}
