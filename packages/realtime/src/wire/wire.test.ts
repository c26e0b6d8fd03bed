/** Our WebSocket handler beside tRPC's own: the same words to the same messages, and what only ours does. */
import type {} from "@axon/testing/global-setup";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { afterEach, describe, expect, inject, it } from "vitest";
import { WebSocket } from "ws";
import { createMemoryBus } from "../bus.ts";
import type { Hub } from "../hub.ts";
import { createHub } from "../hub.ts";
import type { EventLog } from "../log.ts";
import { createMemoryDeltas } from "../memory-deltas.ts";
import { createScene } from "../testing/scene.ts";
import { cutSockets } from "../testing/socket-cuts.ts";
import { type createRouter, startWireServer } from "../testing/wire-server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(hub: Hub, options: Parameters<typeof startWireServer>[1] = {}) {
  const server = await startWireServer(hub, options);
  closing.push(server.stop);
  return server;
}

async function open(url: string, token: string | null = "good") {
  const socket = new WebSocket(url);
  closing.push(() => socket.terminate());
  const frames: string[] = [];
  socket.on("message", (data) => frames.push(String(data)));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise((resolve) => socket.on("open", resolve));
  if (token !== null) socket.send(JSON.stringify({ method: "connectionParams", data: { token } }));
  return { socket, frames, closed, until: (count: number) => expect.poll(() => frames.length, { timeout: 20_000 }).toBe(count) };
}

const idle = () => createScene({ bus: createMemoryBus(), deltas: createMemoryDeltas() });
const call = (id: number | string | null, method: string, path: string, input?: unknown, more: object = {}) =>
  JSON.stringify({ id, method, params: { path, input }, ...more });

/** What is said, and how many frames answer it. */
const conversations: [string, string[], number, token?: string][] = [
  ["a query", [call(1, "query", "echo", { text: "ä\u2028" })], 1],
  ["a call that says jsonrpc", [call("a", "query", "echo", { text: "x" }, { jsonrpc: "2.0" })], 1],
  ["a mutation that gives nothing", [call(1, "mutation", "nothing")], 1],
  ["a failure of ours", [call(1, "mutation", "broken")], 1],
  ["a bad input", [call(1, "query", "echo", { text: 7 })], 1],
  ["a procedure that is not there", [call(1, "query", "nowhere")], 1],
  ["a procedure of another kind", [call(1, "query", "nothing")], 1],
  ["a subscription to what is none", [call(1, "subscription", "notStream")], 1],
  ["a batch", [`[${call(1, "mutation", "nothing")},${call(2, "subscription", "count", { to: 2 })}]`], 5],
  [
    "a stream from a place on",
    [JSON.stringify({ id: 1, method: "subscription", params: { path: "count", input: { to: 4 }, lastEventId: "2" } })],
    4,
  ],
  ["a stream without places that fails", [call(1, "subscription", "plain")], 4],
  ["a stream that is stopped", [call(1, "subscription", "endless"), '{"id":1,"method":"subscription.stop"}'], 3],
  ["an id that is taken", [call(1, "subscription", "endless"), call(1, "subscription", "endless")], 3],
  ["no id", [call(null, "query", "echo", { text: "x" })], 1],
  ["a sign of life", ["PING"], 1],
  ["somebody who may not", [call(1, "query", "echo", { text: "x" })], 1, "bad"],
];

describe("the wire", () => {
  it("answers byte for byte as tRPC's own handler does", async () => {
    const hub = idle().hub();
    const [ours, theirs] = await Promise.all([serve(hub), serve(hub, { by: "trpc" })]);
    for (const [about, messages, count, token = "good"] of conversations) {
      const answers = await Promise.all(
        [ours, theirs].map(async ({ url }) => {
          const { socket, frames, until } = await open(url, token);
          for (const [position, message] of messages.entries()) {
            if (position > 0) await expect.poll(() => frames.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
            socket.send(message);
          }
          await until(count);
          socket.terminate();
          return frames.toSorted();
        }),
      );
      expect([about, answers[0]]).toEqual([about, answers[1]]);
    }
  });

  it("refuses what is no message, and closes a socket whose parameters can't be read or are refused", async () => {
    const { url, failures } = await serve(idle().hub());
    const garbled = await open(url);
    garbled.socket.send("{no json");
    await garbled.until(1);
    expect(JSON.parse(garbled.frames[0] ?? "")).toMatchObject({ id: null, error: { data: { code: "PARSE_ERROR" } } });
    for (const first of ["{no json", "7", JSON.stringify({ method: "connectionParams", data: { token: "broken" } })]) {
      const { socket, frames, closed } = await open(url, null);
      socket.send(first);
      await closed;
      expect(JSON.parse(frames[0] ?? "")).toMatchObject({ id: null, error: { data: { code: expect.any(String) } } });
    }
    expect(failures).toEqual(["PARSE_ERROR", "PARSE_ERROR", "PARSE_ERROR", "UNAUTHORIZED"]);
  });

  it("is understood by tRPC's own client, which comes back with its place when it is asked to reconnect", async () => {
    const talk = idle();
    const { url, askToReconnect } = await serve(talk.hub());
    const client = createWSClient({
      url,
      WebSocket: WebSocket as unknown as typeof globalThis.WebSocket, // safe: as far as tRPC uses it
      connectionParams: { token: "good" },
      retryDelayMs: () => 0,
    });
    closing.push(() => client.close());
    const api = createTRPCClient<ReturnType<typeof createRouter>>({ links: [wsLink({ client })] });
    expect(await api.echo.query({ text: "there?" })).toBe("there?");
    await expect(api.broken.mutate()).rejects.toMatchObject({ data: { code: "INTERNAL_SERVER_ERROR" } });
    const ids: string[] = [];
    const { workspaceId, conversationId } = talk;
    const stop = api.follow.subscribe({ workspaceId, conversationId }, { onData: (value) => void ids.push((value as { id: string }).id) }); // safe: tracked
    for (let said = 1; said <= 4; said += 1) {
      talk.customerSays(`line ${said}`);
      await expect.poll(() => ids.length, { timeout: 20_000 }).toBe(said);
      if (said % 2 === 0) askToReconnect();
    }
    stop.unsubscribe();
    expect(ids).toEqual(["1", "2", "3", "4"]);
  });

  it("asks a silent socket whether it is there, and lets it go when it does not say so", async () => {
    const { url } = await serve(idle().hub(), { pingMs: 50, pongWaitMs: 200 });
    const [silent, there] = [await open(url), await open(url)];
    there.socket.on("message", (data) => String(data) === "PING" && there.socket.send("PONG"));
    expect(await silent.closed).toBe(1006);
    expect(silent.frames).toEqual(["PING"]);
    await expect.poll(() => there.frames.length, { timeout: 20_000 }).toBeGreaterThan(5);
    expect(there.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("writes an event once for all readers with the same request id", async () => {
    const talk = idle();
    const { url } = await serve(talk.hub());
    const { workspaceId, conversationId } = talk;
    const sockets = await Promise.all([open(url), open(url), open(url)]);
    for (const [position, { socket, until }] of sockets.entries()) {
      socket.send(call(position === 2 ? "other" : 1, "subscription", "follow", { workspaceId, conversationId }));
      await until(1);
    }
    talk.customerSays("x".repeat(70_000));
    for (const { until } of sockets) await until(2);
    const [one, two, three] = sockets.map(({ frames }) => frames[1] ?? "");
    expect(one).toBe(two);
    expect(three).toBe(one?.replace('"id":1', '"id":"other"'));
    expect(JSON.parse(one ?? "").result).toMatchObject({ type: "data", id: "1", data: { id: "1", data: { type: "message.created" } } });
  });
});

/** A log without end that remembers nothing: event number `seq` is made when it is read. */
function madeUpLog() {
  let head = 0;
  let pruned = 0;
  const text = "y".repeat(8_000);
  const log: EventLog = {
    async readConversation({ workspaceId, conversationId }, after, limit) {
      const from = Math.max(after, pruned);
      return Array.from({ length: Math.min(limit, head - from) }, (_, position) => {
        const seq = from + position + 1;
        const at = new Date(0).toISOString();
        return {
          seq,
          event: {
            type: "handoff.requested",
            conversationId,
            workspaceId,
            id: `${seq} ${text}`,
            at,
            reason: "customer_asked",
            confidence: null,
          },
        };
      });
    },
    readWorkspace: async () => [],
    conversationPlace: async () => ({ head, oldest: pruned + 1, openReplyId: null }),
    workspacePlace: async () => ({ head: 0, oldest: 1 }),
    heads: async (topics) => new Map(topics.map(({ conversationId = "" }) => [conversationId, head])),
  };
  return {
    ...log,
    grow(by: number) {
      head += by;
    },
    prune: () => {
      pruned = head - 1;
    },
  };
}

describe("a reader who has stopped reading", () => {
  it.each(["goes on", "is told to begin anew"])("while 50 MB pass costs bounded memory, and then %s", async (ending) => {
    const log = madeUpLog();
    const hub = createHub({ bus: createMemoryBus(), deltas: createMemoryDeltas(), log, pollMs: 5 });
    closing.push(() => hub.close());
    const { url, unread } = await serve(hub);
    const { socket, frames, until } = await open(url);
    socket.send(call(1, "subscription", "follow", { workspaceId: "w", conversationId: "c" }));
    await until(1);
    socket.pause();
    const before = process.memoryUsage();
    let most = 0;
    const events = 6_500;
    for (let grown = 0; grown < events; grown += 50) {
      log.grow(50);
      await new Promise((resolve) => setTimeout(resolve, 2));
      most = Math.max(most, unread());
    }
    // What lies in the kernel is not counted; a batch of 200 events more than the limit may have been handed over at once.
    expect(most).toBeLessThan(1024 * 1024 + 200 * 9_000);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(40 * 1024 * 1024);
    if (ending !== "goes on") log.prune();
    socket.resume();
    const ids = () => frames.slice(1).map((frame) => Number(JSON.parse(frame).result.id));
    await expect.poll(() => ids().at(-1), { timeout: 30_000 }).toBe(events);
    const types = frames.slice(1).map((frame) => JSON.parse(frame).result.data.data.type);
    if (ending === "goes on") expect(ids()).toEqual(Array.from({ length: events }, (_, position) => position + 1));
    else expect(types.indexOf("resync")).toBeGreaterThan(0);
  });

  it("and never begins again is let go", async () => {
    const log = madeUpLog();
    const hub = createHub({ bus: createMemoryBus(), deltas: createMemoryDeltas(), log, pollMs: 5 });
    closing.push(() => hub.close());
    const { url, sockets } = await serve(hub, { stalledMsMax: 200 });
    const { socket, until } = await open(url);
    socket.send(call(1, "subscription", "follow", { workspaceId: "w", conversationId: "c" }));
    await until(1);
    socket.pause();
    log.grow(3_000);
    await expect.poll(sockets, { timeout: 20_000 }).toBe(0);
    expect(hub.stats().followers).toBe(0);
  });
});

const seed = inject("testSeed");

describe(`sockets at two servers (seed ${seed})`, () => {
  it("cut a hundred times at random leave no gap and repeat nothing", async () => {
    const { cuts, faults } = await cutSockets(100, seed);
    expect(faults).toEqual([]);
    expect(cuts).toBeGreaterThanOrEqual(100);
  }, 60_000);
});
