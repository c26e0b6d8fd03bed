/**
 * Ours: the hub, the guarded stream and the wire as the server puts them together, over a log in memory.
 *
 * Callers show a token at the connection and are looked after like the server does; streams can be stopped, are resumed by their
 * numbers, and wait for readers who don't read.
 *
 * @module
 */

import { guardStream } from "@axon/api/guard-stream";
import { asItIs, liveStream } from "@axon/api/live-stream";
import type { LoggedEvent } from "@axon/contracts/events";
import { createMemoryBus } from "@axon/realtime/bus";
import { announce } from "@axon/realtime/hints";
import { createHub } from "@axon/realtime/hub";
import type { EventLog } from "@axon/realtime/log";
import { createMemoryDeltas } from "@axon/realtime/memory-deltas";
import { parsePosition } from "@axon/realtime/position";
import { createWire } from "@axon/realtime/wire/wire";
import { initTRPC, TRPCError } from "@trpc/server";
import { jwtVerify } from "jose";
import { WebSocketServer } from "ws";
import { conversationOf, messageEvent, workspaceId } from "./message.ts";
import type { Variant, VariantOptions } from "./variant.ts";

interface Ctx {
  account: string | null;
}
/** Rows that a stream's log keeps: more than any reader is behind. */
const rowsKeptMax = 2;

export function axonVariant({ server, shape, secret }: VariantOptions): Variant {
  const log = createRows();
  const bus = createMemoryBus();
  const hub = createHub({ bus, deltas: createMemoryDeltas(), log });
  const watched = new Set<() => void>();
  let readers = 0;
  const t = initTRPC.context<Ctx>().create({ isDev: false });
  const router = t.router({
    follow: t.procedure
      .input((value: unknown) => value as { reader: number }) // safe: the bench's own readers call it
      .subscription(({ ctx, input, signal = new AbortController().signal }) => {
        if (ctx.account === null) throw new TRPCError({ code: "UNAUTHORIZED" });
        const conversationId = conversationOf(shape === "room" ? 0 : input.reader);
        const stream = liveStream({
          live: {
            follow: ({ after, ...from }) => hub.conversation({ ...from, conversationId, after: parsePosition(after), signal }),
            push: ({ after, ...from }) => hub.push({ ...from, after: parsePosition(after) }),
          },
          begin: async () => ({ workspaceId, conversationId, after: String(log.head(conversationId)) }),
          signal,
          show: asItIs,
        });
        return guardStream(stream, {
          enter: async () => {
            readers += 1;
            return () => {
              readers -= 1;
            };
          },
          watch(onEnd) {
            const end = () => void onEnd;
            watched.add(end);
            return () => void watched.delete(end);
          },
          abort: () => {},
        });
      }),
  });
  const wire = createWire({
    router,
    pingMs: 30_000,
    pongWaitMs: 10_000,
    stalledMsMax: 30_000,
    unreadBytesMax: 2 ** 20,
    onFailure: () => {},
  });
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, stream, head) =>
    wss.handleUpgrade(request, stream, head, (socket) => {
      const contextOf = async (params: Record<string, string | undefined> | null): Promise<Ctx> => {
        const { payload } = await jwtVerify(params?.["token"] ?? "", secret);
        return { account: payload.sub ?? null };
      };
      wire.accept({ socket, stream, announcesParams: true, contextOf });
    }),
  );
  const send = (reader: number) => {
    const conversationId = conversationOf(reader);
    log.append(conversationId, messageEvent(reader, log.head(conversationId) + 1));
    announce(bus, { workspaceId, conversationId });
  };
  return { readers: () => readers, toRoom: () => send(0), toOne: send };
}

/** A log of the last rows of each conversation. */
function createRows() {
  const streams = new Map<string, { head: number; rows: { seq: number; event: LoggedEvent }[] }>();
  const head = (conversationId: string) => streams.get(conversationId)?.head ?? 0;
  const log: EventLog = {
    readConversation: async ({ conversationId }, after) => streams.get(conversationId)?.rows.filter(({ seq }) => seq > after) ?? [],
    readWorkspace: async () => [],
    conversationPlace: async ({ conversationId }) => ({ head: head(conversationId), oldest: 1, openReplyId: null }),
    workspacePlace: async () => ({ head: 0, oldest: 1 }),
    heads: async (topics) => new Map(topics.map(({ conversationId = "" }) => [conversationId, head(conversationId)])),
  };
  return {
    ...log,
    head,
    append(conversationId: string, event: LoggedEvent): void {
      const stream = streams.get(conversationId) ?? { head: 0, rows: [] };
      stream.head += 1;
      stream.rows.push({ seq: stream.head, event });
      if (stream.rows.length > rowsKeptMax) stream.rows.shift();
      streams.set(conversationId, stream);
    },
  };
}
