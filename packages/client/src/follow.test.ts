import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type AxonClientOptions, createAxonClient } from "./client.ts";
import { axonErrorOf } from "./errors.ts";
import { type FollowedEvent, follow, type Subscribe } from "./follow.ts";
import { conversationId, delta, startTestServer, type TestServerOptions } from "./testing/server.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function setUp(options: Omit<AxonClientOptions, "url"> = { token: "fixed" }, serverOptions: TestServerOptions = {}) {
  const server = await startTestServer(serverOptions);
  open.push({ close: () => server.stop() });
  const client = createAxonClient({ url: server.url, ...options });
  open.push(client);
  return { server, client };
}
const credentials = { email: "a@b.example", password: "right" };

/** Reads until `count` events came; calls `after` with how many there are so far. */
async function read(events: AsyncGenerator<FollowedEvent>, count: number, after: (soFar: number) => void = () => {}): Promise<number[]> {
  const indexes: number[] = [];
  for await (const { event } of events) {
    if (event.type === "reply.delta") indexes.push(event.index);
    after(indexes.length);
    if (indexes.length >= count) break;
  }
  return indexes;
}
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !holds(); tries += 1) await sleep(10);
  expect(holds()).toBe(true);
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("following a conversation", () => {
  it("gives every event once and in order though the socket is cut five times", async () => {
    const { server, client } = await setUp();
    let got = 0;
    const reading = read(client.follow.conversation({ conversationId }), 60, (soFar) => {
      got = soFar;
    });
    await until(() => server.counts.subscribed === 1);
    const say = (from: number) => {
      for (const index of upTo(5)) server.append(`7.${from + index}`, delta(from + index));
    };
    say(0);
    for (const cut of [1, 2, 3, 4, 5]) {
      await until(() => got === cut * 10 - 5);
      server.cut();
      say(cut * 10 - 5); // Said while nobody is connected.
      await until(() => server.counts.subscribed === cut + 1);
      say(cut * 10);
    }
    say(55);
    expect(await reading).toEqual(upTo(60));
    expect(server.counts.connections).toBe(6);
  });

  it("resumes by the last id it was given, which tRPC sends again by itself", async () => {
    const { server, client } = await setUp();
    server.append("1", delta(0));
    const seen: string[] = [];
    const subscription = client.api.conversations.onConversation.subscribe(
      { conversationId, lastEventId: "0" },
      { onData: ({ id }) => seen.push(id) },
    );
    await until(() => seen.length === 1);
    server.cut();
    await until(() => server.counts.subscribed === 2);
    server.append("2", delta(1));
    await until(() => seen.length === 2);
    subscription.unsubscribe();
    expect(seen).toEqual(["1", "2"]);
    expect(server.lastEventIds).toEqual(["0", "1"]);
  });

  it("misses nothing that happens between the question where it stands and the first event", async () => {
    const { server, client } = await setUp();
    server.append("1", delta(99));
    const reading = read(client.follow.conversation({ conversationId }), 2);
    await until(() => server.counts.subscribed === 1);
    server.cut();
    server.append("2", delta(0));
    server.append("3", delta(1));
    expect(await reading).toEqual([0, 1]);
  });

  it("goes on when the server closes the stream or asks to connect anew", async () => {
    const { server, client } = await setUp();
    server.endStreamsAfter(3);
    const reading = read(client.follow.conversation({ conversationId, lastEventId: "0" }), 9, (soFar) => {
      if (soFar === 4) server.askToReconnect();
    });
    for (const index of upTo(9)) server.append(`${index + 1}`, delta(index));
    expect(await reading).toEqual(upTo(9));
  });

  it.each([{ refuseAtConnect: false }, { refuseAtConnect: true }])(
    "goes on with a fresh token when its own has expired (%o)",
    async (serverOptions) => {
      const { server, client } = await setUp({ credentials }, serverOptions);
      const reading = read(client.follow.conversation({ conversationId }), 4, (soFar) => {
        if (soFar !== 2) return;
        server.expireTokens();
        server.cut();
        server.append("3", delta(2));
        server.append("4", delta(3));
      });
      await until(() => server.counts.subscribed === 1);
      server.append("1", delta(0));
      server.append("2", delta(1));
      expect(await reading).toEqual(upTo(4));
      expect(server.counts.refresh).toBe(1);
    },
  );

  it("ends without an error when it is aborted, and the server stops sending", async () => {
    const { server, client } = await setUp();
    const stop = new AbortController();
    const reading = read(client.follow.conversation({ conversationId }, { signal: stop.signal }), 100);
    await until(() => server.followers() === 1);
    stop.abort();
    expect(await reading).toEqual([]);
    await until(() => server.followers() === 0);
  });

  it("ends when the client is closed", async () => {
    const { server, client } = await setUp();
    const reading = read(client.follow.conversation({ conversationId }), 100);
    await until(() => server.followers() === 1);
    await client.close();
    expect(await reading).toEqual([]);
    await until(() => server.openSockets() === 0);
  });

  it("throws what the server refuses for good instead of asking for ever", async () => {
    const { server, client } = await setUp();
    const error = await read(client.follow.conversation({ conversationId: "unknown", lastEventId: "0" }), 1).then(() => null, axonErrorOf);
    expect(error).toMatchObject({ reason: "not_found" });
    expect(server.counts.connections).toBe(1);
  });

  it("tells when the connection is lost and when it is back", async () => {
    const { server, client } = await setUp();
    const states: string[] = [];
    const stop = new AbortController();
    const reading = read(
      client.follow.conversation({ conversationId }, { signal: stop.signal, onState: (state) => states.push(state) }),
      100,
    );
    await until(() => states.at(-1) === "connected");
    server.cut();
    await until(() => states.filter((state) => state === "connected").length >= 2);
    stop.abort();
    await reading;
    expect(states).toEqual(["connecting", "connected", "connecting", "connected"]);
  });

  it("tells so too when it is lost before anything was asked on it", async () => {
    let opened = 0;
    class BreaksAtFirst extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        this.on("open", () => {
          opened += 1;
          if (opened === 1) this.terminate();
        });
      }
    }
    const options = { token: "fixed", WebSocket: BreaksAtFirst as unknown as typeof globalThis.WebSocket }; // safe: ws keeps to the standard
    const { server, client } = await setUp(options);
    const states: string[] = [];
    const stop = new AbortController();
    const reading = read(
      client.follow.conversation({ conversationId }, { signal: stop.signal, onState: (state) => states.push(state) }),
      100,
    );
    await until(() => server.counts.subscribed === 1);
    stop.abort();
    await reading;
    expect(states).toEqual(["connecting", "connected", "connecting", "connected"]);
  });
});

describe("a reader that is slower than the news", () => {
  it("is not buffered without end: the subscription is let go and taken up where the reader stands", async () => {
    const total = 6_000;
    let live = 0;
    let sent = 0;
    const starts: (string | undefined)[] = [];
    const subscribe: Subscribe = (lastEventId, { onData }) => {
      starts.push(lastEventId);
      let stopped = false;
      live += 1;
      queueMicrotask(async () => {
        for (let index = Number(lastEventId ?? -1) + 1; index < total && !stopped; index += 1) {
          onData({ id: `${index}`, data: delta(index) });
          sent += 1;
          if (index % 100 === 0) await Promise.resolve();
        }
      });
      return {
        unsubscribe() {
          if (!stopped) live -= 1;
          stopped = true;
        },
      };
    };
    expect(await read(follow(subscribe, undefined, new AbortController().signal), total)).toEqual(upTo(total));
    expect(starts.length).toBeGreaterThan(2);
    expect(sent).toBeLessThan(total * 1.2);
    expect(live).toBe(0);
  });

  it("never sees an event twice that two connections delivered", async () => {
    const subscribe: Subscribe = (_, { onData }) => {
      queueMicrotask(() => {
        for (const index of [0, 1, 1, 0, 2]) onData({ id: `${index}`, data: delta(index) });
      });
      return { unsubscribe() {} };
    };
    expect(await read(follow(subscribe, undefined, new AbortController().signal), 3)).toEqual([0, 1, 2]);
  });
});
