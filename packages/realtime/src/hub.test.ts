import { describe, expect, it, vi } from "vitest";
import { type Bus, createMemoryBus } from "./bus.ts";
import { createMemoryDeltas } from "./memory-deltas.ts";
import { brief, createScene, ends, open, type Scene, take } from "./testing/scene.ts";

const scene = () => createScene({ bus: createMemoryBus(), deltas: createMemoryDeltas() });
const deaf = (): Bus => ({ ...createMemoryBus(), publish: () => {} });

vi.setConfig({ testTimeout: 30_000 });
const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

/** Waits until so many have found their place in the log. */
async function arrived(talk: Scene, readers: number): Promise<void> {
  await soon(() => expect(talk.log.counts.places).toBe(readers));
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("following a conversation", () => {
  it("shows a reply as it is written: start, words, message, end", async () => {
    const talk = scene();
    const { events, stop } = open(talk.hub(), talk, "0");
    const seen = take(events, ends("reply.completed"));
    talk.customerSays("Refund?");
    const reply = talk.replyStarts();
    for (const word of ["In ", "30 ", "days."]) await talk.word(reply, word);
    await talk.replyCompletes(reply);
    const all = await seen;
    expect(all.map(brief)).toEqual(["message.created", "reply.started", "0:In ", "1:30 ", "2:days.", "message.created", "reply.completed"]);
    const { id } = reply;
    expect(all.map((one) => one.id)).toEqual(["1", "2", `2.${id}.0`, `2.${id}.1`, `2.${id}.2`, `3.${id}.2`, "4"]);
    stop();
  });

  it("begins at the head with the whole of a reply in the making when no place is given", async () => {
    const talk = scene();
    talk.customerSays("Refund?");
    const reply = talk.replyStarts();
    await talk.word(reply, "In ");
    const { events, stop } = open(talk.hub(), talk, null);
    expect((await take(events, (all) => all.length === 1)).map(brief)).toEqual(["0:In "]);
    await talk.replyCompletes(reply);
    expect((await take(events, ends("reply.completed"))).map(brief)).toEqual(["message.created", "reply.completed"]);
    stop();
  });

  it("passes words that only the buffer holds before the message they became", async () => {
    const talk = createScene({ bus: deaf(), deltas: createMemoryDeltas() });
    const { events, stop } = open(talk.hub(20), talk, "0");
    const reply = talk.replyStarts();
    await take(events, ends("reply.started"));
    await talk.word(reply, "Yes");
    await talk.word(reply, ".");
    await talk.replyCompletes(reply);
    expect((await take(events, ends("reply.completed"))).map(brief)).toEqual(["0:Yes", "1:.", "message.created", "reply.completed"]);
    stop();
  });

  it("skips the words of a reply whose buffer is gone and shows what was stored", async () => {
    const talk = createScene({ bus: deaf(), deltas: { append: async (_, from, texts) => from + texts.length, read: async () => [] } });
    const reply = talk.replyStarts();
    await talk.word(reply, "Yes");
    await talk.replyCompletes(reply);
    const { events, stop } = open(talk.hub(), talk, "0");
    expect((await take(events, ends("reply.completed"))).map(brief)).toEqual(["reply.started", "message.created", "reply.completed"]);
    stop();
  });

  it("never shows a later word before an earlier one, even when the buffer lost one", async () => {
    const talk = createScene({
      bus: createMemoryBus(),
      deltas: { append: async (_, from, texts) => from + texts.length, read: async () => [] },
    });
    const { events, stop } = open(talk.hub(), talk, "0");
    const reply = talk.replyStarts();
    await take(events, ends("reply.started"));
    const late = take(open(talk.hub(), talk, "1").events, ends("reply.completed")); // A second server, which missed the first word.
    await talk.word(reply, "a");
    await new Promise((resolve) => setTimeout(resolve, 20));
    await talk.word(reply, "b");
    await talk.replyCompletes(reply);
    const words = (await late).flatMap(({ event }) => (event.type === "reply.delta" ? [event.index] : []));
    expect(words).toEqual([...words.keys()]);
    expect((await take(events, ends("reply.completed"))).map(brief)).toEqual(["0:a", "1:b", "message.created", "reply.completed"]);
    stop();
  });

  it("drops a superseded reply and shows the new one from its start", async () => {
    const talk = scene();
    const { events, stop } = open(talk.hub(), talk, "0");
    const seen = take(events, ends("reply.completed"));
    const first = talk.replyStarts();
    await talk.word(first, "You ");
    talk.replyIsSuperseded(first);
    first.writer.write("cannot"); // A worker that has not noticed yet.
    const second = talk.replyStarts();
    await talk.word(second, "Yes");
    await talk.replyCompletes(second);
    const all = (await seen).map(brief);
    expect(all.filter((one) => one !== "0:You ")).toEqual([
      "reply.started",
      "reply.superseded",
      "reply.started",
      "0:Yes",
      "message.created",
      "reply.completed",
    ]);
    stop();
  });

  it("goes on when the database was away for a moment, and gives up when it stays away", async () => {
    const talk = scene();
    const errors: unknown[] = [];
    const hub = talk.hub(10, (error) => errors.push(error));
    const { events, stop } = open(hub, talk, "0");
    talk.log.failNext(2);
    talk.customerSays("Hello");
    expect((await take(events, (all) => all.length === 1)).map(brief)).toEqual(["message.created"]);
    stop();
    const other = open(hub, talk, "0");
    talk.log.failNext(1_000);
    await expect(other.events.next()).rejects.toMatchObject({ code: "stream_broken" });
    expect(hub.stats()).toEqual({ topics: 0, followers: 0 });
  });
});

describe("coming back", () => {
  it("gives the rest and nothing twice, whatever the last id and whichever server", async () => {
    const talk = scene();
    talk.customerSays("Refund?");
    const first = talk.replyStarts();
    await talk.word(first, "You ");
    talk.commit({
      type: "conversation.updated",
      conversationId: talk.conversationId,
      status: "open",
      handler: "ai",
      actor: "system",
      reason: "tagged",
    });
    await talk.word(first, "can");
    await talk.replyCompletes(first);
    talk.customerSays("And shipping?");
    const second = talk.replyStarts();
    await talk.word(second, "No");
    await talk.word(second, ".");
    await talk.replyCompletes(second);
    talk.customerSays("Thanks");
    const seen = (all: unknown[]) => all.length === 14;
    const whole = await take(open(talk.hub(), talk, "0").events, seen);
    expect(whole.map(({ id }) => id).at(-1)).toBe("10");
    for (const [at, { id }] of whole.entries()) {
      const { events, stop } = open(talk.hub(), talk, id);
      const rest = await take(events, (all) => all.length === whole.length - at - 1);
      expect([id, rest.map((one) => [one.id, brief(one)])]).toEqual([id, whole.slice(at + 1).map((one) => [one.id, brief(one)])]);
      stop();
    }
  });

  it("says resync when the place is ahead of the log, pruned, or of another reply, and goes on from the head", async () => {
    const talk = scene();
    for (let i = 0; i < 6; i += 1) talk.customerSays(`line ${i}`);
    const reply = talk.replyStarts();
    talk.log.prune(3);
    let head = 7;
    for (const id of ["99", "1", "2", `7.${crypto.randomUUID()}.0`, `5.${reply.id}.0`]) {
      const { events, stop } = open(talk.hub(), talk, id);
      const [first] = await take(events, (all) => all.length === 1);
      expect([id, first]).toMatchObject([id, { id: String(head), event: { type: "resync", conversationId: talk.conversationId } }]);
      talk.customerSays("more");
      head += 1;
      expect([id, ...(await take(events, (all) => all.length === 1)).map((one) => one.id)]).toEqual([id, String(head)]);
      stop();
    }
    const { events, stop } = open(talk.hub(), talk, "3"); // The last place that is still whole.
    expect((await take(events, (all) => all.length === 5)).map(({ id }) => id)).toEqual(["4", "5", "6", "7", "8"]);
    stop();
  });

  it("says resync when the log was pruned under a reader that stood still", async () => {
    const talk = scene();
    talk.customerSays("1");
    const hub = talk.hub(20);
    const { events, stop } = open(hub, talk, "0");
    await take(events, (all) => all.length === 1);
    for (let i = 0; i < 9; i += 1) talk.log.commit(...[...talk.log.rows()].slice(0, 1).map(({ event }) => event)); // No hint.
    talk.log.prune(5);
    expect((await take(events, (all) => all.length === 1)).map((one) => [one.id, brief(one)])).toEqual([["10", "resync"]]);
    talk.log.commit(...[...talk.log.rows()].slice(0, 1).map(({ event }) => event));
    talk.log.prune(11); // Everything is gone, so only the poll can tell that something was.
    expect((await take(events, (all) => all.length === 1)).map((one) => [one.id, brief(one)])).toEqual([["11", "resync"]]);
    stop();
  });

  it("never reads the words of another conversation's reply, whatever id is sent", async () => {
    const bus = createMemoryBus();
    const deltas = createMemoryDeltas();
    const victim = createScene({ bus, deltas });
    const talk = createScene({ bus, deltas });
    const secret = victim.replyStarts();
    await victim.word(secret, "secret ");
    await victim.word(secret, "words");
    const { events, stop } = open(talk.hub(), talk, `0.${secret.id}.0`);
    expect((await take(events, (all) => all.length === 1)).map(brief)).toEqual(["resync"]);
    talk.customerSays("hello");
    expect((await take(events, (all) => all.length === 1)).map(brief)).toEqual(["message.created"]);
    stop();
    // Nor when the conversation itself is asked for under another workspace, while its own people follow it on the same server.
    const hub = victim.hub();
    const own = open(hub, victim, "1");
    expect((await take(own.events, (all) => all.length === 2)).map(brief)).toEqual(["0:secret ", "1:words"]);
    const { workspaceId } = talk;
    const { conversationId } = victim;
    const stolen = hub.conversation({ workspaceId, conversationId, after: null, signal: AbortSignal.timeout(100) });
    const nothing = take(stolen, () => false);
    await victim.word(secret, " more");
    expect((await take(own.events, (all) => all.length === 1)).map(brief)).toEqual(["2: more"]);
    expect(await nothing).toEqual([]);
    own.stop();
  });
});

describe("many readers", () => {
  it("at the same place cost one read of the log", async () => {
    const talk = scene();
    const hub = talk.hub();
    const readers = Array.from({ length: 50 }, () => open(hub, talk, null));
    const seen = readers.map(({ events }) => take(events, (all) => all.length === 1));
    await arrived(talk, 50);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(talk.log.counts.conversation).toBe(0); // At the head there is nothing to read.
    talk.customerSays("hello");
    for (const all of await Promise.all(seen)) expect(all.map(brief)).toEqual(["message.created"]);
    expect(talk.log.counts.conversation).toBe(1);
    expect(hub.stats()).toEqual({ topics: 1, followers: 50 });
    for (const { stop } of readers) stop();
  });

  it("are asked for in one poll, not one each", async () => {
    const talk = createScene({ bus: deaf(), deltas: createMemoryDeltas() });
    const hub = talk.hub(100);
    const readers = Array.from({ length: 50 }, () => open(hub, talk, null));
    const seen = readers.map(({ events }) => take(events, (all) => all.length === 1));
    await arrived(talk, 50);
    talk.customerSays("hello");
    const polls = talk.log.counts.heads;
    for (const all of await Promise.all(seen)) expect(all.map(brief)).toEqual(["message.created"]);
    expect(talk.log.counts.heads - polls).toBeLessThan(50);
    expect(talk.log.counts.conversation).toBe(1);
    for (const { stop } of readers) stop();
  });

  it("that are slow hold no backlog: 1,000 events wait in the log and come in reads of 200", async () => {
    const talk = scene();
    const hub = talk.hub(20);
    const { events, stop } = open(hub, talk, null);
    const first = take(events, (all) => all.length === 1);
    await arrived(talk, 1);
    talk.customerSays("0");
    await first;
    const reads = talk.log.counts.conversation;
    for (let i = 1; i <= 1_000; i += 1) talk.customerSays(String(i));
    await soon(() => expect(talk.log.counts.heads).toBeGreaterThan(2));
    expect(talk.log.counts.conversation).toBe(reads); // Nothing was read on its behalf.
    const rest = await take(events, (all) => all.length === 1_000);
    expect(rest.map(({ id }) => Number(id))).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 2));
    expect(talk.log.counts.rowsMost).toBe(200);
    stop();
  });
});

describe("following a workspace", () => {
  it("gives every durable event under the workspace's own numbers, and no words", async () => {
    const talk = scene();
    talk.documentMoves(1);
    talk.customerSays("Refund?");
    const { workspaceId } = talk;
    const stopping = new AbortController();
    const events = talk.hub().workspace({ workspaceId, after: 1, signal: stopping.signal });
    const seen = take(events, ends("reply.completed"));
    const reply = talk.replyStarts();
    await talk.word(reply, "Yes");
    talk.documentMoves(2);
    await talk.replyCompletes(reply);
    expect((await seen).map((one) => [one.id, brief(one)])).toEqual([
      ["2", "message.created"],
      ["3", "reply.started"],
      ["4", "document.progress"],
      ["5", "message.created"],
      ["6", "reply.completed"],
    ]);
    stopping.abort();
  });

  it("says resync for a number the log does not know", async () => {
    const talk = scene();
    talk.documentMoves(1);
    const events = talk.hub().workspace({ workspaceId: talk.workspaceId, after: 50, signal: AbortSignal.timeout(5_000) });
    const [first] = await take(events, (all) => all.length === 1);
    expect(first).toMatchObject({ id: "1", event: { type: "resync", workspaceId: talk.workspaceId } });
    await events.return(undefined);
  });
});

describe("leaving", () => {
  it("releases the stream, the subscription and the timers, by signal or by walking away", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const bus = createMemoryBus();
      let listening = 0;
      const counted: Bus = {
        ...bus,
        subscribe(topic, listener) {
          const subscription = bus.subscribe(topic, listener);
          listening += 1;
          const stop = () => {
            listening -= 1;
            subscription.stop();
          };
          return { ...subscription, stop };
        },
      };
      const talk = createScene({ bus: counted, deltas: createMemoryDeltas() });
      talk.customerSays("hello");
      const hub = talk.hub();
      const waiting = open(hub, talk, null);
      const ended = waiting.events.next();
      const reading = open(hub, talk, "0");
      await reading.events.next();
      expect([hub.stats(), listening, vi.getTimerCount()]).toEqual([{ topics: 1, followers: 2 }, 1, 1]);
      waiting.stop();
      expect(await ended).toEqual({ value: undefined, done: true });
      await reading.events.return(undefined);
      expect([hub.stats(), listening, vi.getTimerCount()]).toEqual([{ topics: 0, followers: 0 }, 0, 0]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not wait for a database that does not answer", async () => {
    const talk = scene();
    talk.log.conversationPlace = () => new Promise(() => {});
    const { events, stop } = open(talk.hub(), talk, "0");
    const next = events.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    stop();
    expect(await next).toEqual({ value: undefined, done: true });
  });

  it("ends every stream when the hub closes, and begins no new one", async () => {
    const talk = scene();
    const hub = talk.hub();
    const readers = [open(hub, talk, null), open(hub, talk, null)];
    const ended = readers.map(({ events }) => events.next());
    await soon(() => expect(hub.stats().followers).toBe(2));
    hub.close();
    for (const one of await Promise.all(ended)) expect(one.done).toBe(true);
    expect(await open(hub, talk, "0").events.next()).toEqual({ value: undefined, done: true });
    expect(hub.stats()).toEqual({ topics: 0, followers: 0 });
  });
});
