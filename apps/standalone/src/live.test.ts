import { setTimeout as sleep } from "node:timers/promises";
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import { type AxonClient, createAxonClient } from "@axon/client/client";
import type { StreamEvent } from "@axon/contracts/events";
import { openPool } from "@axon/db/connect";
import { answers } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { type Cable, openCable } from "./cable.fixture.ts";
import { until } from "./processes.fixture.ts";
import { isOutcome, messagesOf, readThroughCuts, readUntil, returns, seenBy, teach, textsOf, transcriptOf } from "./reading.fixture.ts";

let fake: FakeOpenAi;
let app: App;
let owner: Owner;
let agentId: string;
/** Closed after each test. */
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  fake = await createFakeOpenAi();
  const provider = createOpenAiProvider({
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model: "gpt-4o",
    embeddingModel: "text-embedding-3-small",
  });
  app = await openApp({ servers: 2, workers: 2, provider });
  owner = await app.found();
  await teach(owner.client, "Returns", returns.document);
  agentId = await agentWith(0);
}, 180_000);
afterAll(async () => {
  await app.close();
  await fake.close();
});
beforeEach(() => fake.reset());
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

/** The threshold is 0 so that every cited answer is given: these tests are about its way, not its worth. */
async function agentWith(replyDelayMs: number): Promise<string> {
  return (await owner.client.api.agents.create.mutate({ name: "Ada", replyDelayMs, confidenceThreshold: 0 })).id;
}

async function start(client: AxonClient = owner.client, agent = agentId) {
  const { conversation } = await client.api.conversations.start.mutate({ agentId: agent, text: returns.question });
  return { conversationId: conversation.id, lastEventId: conversation.lastEventId };
}

function outcomeOf(client: AxonClient, place: { conversationId: string; lastEventId: string }) {
  return readUntil((signal) => client.follow.conversation(place, { signal }), isOutcome);
}

async function turnsOf(conversationId: string): Promise<string[]> {
  const pool = openPool(app.database, null, 1);
  try {
    const rows = await pool<{ state: string }[]>`select state from turn where conversation_id = ${conversationId} order by id`;
    return rows.map(({ state }) => state);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** A client whose connections to the second server run over a cable that can be cut. */
async function overCable(): Promise<{ client: AxonClient; cable: Cable }> {
  const cable = await openCable(app.urls[1] ?? "");
  const client = createAxonClient({ url: cable.url, token: owner.token, workspaceId: owner.workspaceId });
  opened.push(cable, client);
  return { client, cable };
}

const asked = () => fake.requests.filter(({ endpoint }) => endpoint === "chat");
const ticking = (delayMs: number) => answers(returns.longAnswer, { pieceChars: 12, delayMs });

describe("what a customer sends", () => {
  it("five messages in one breath are answered once, together", async () => {
    const patient = await agentWith(2_500);
    const { conversation } = await owner.client.api.conversations.start.mutate({ agentId: patient, text: "Hello, part 1" });
    for (const part of [2, 3, 4])
      await owner.at(part % 2).api.conversations.send.mutate({ conversationId: conversation.id, text: `and part ${part}` });
    await owner.client.api.conversations.send.mutate({ conversationId: conversation.id, text: `${returns.question} That was part 5.` });
    await outcomeOf(owner.client, { conversationId: conversation.id, lastEventId: conversation.lastEventId });
    await sleep(1_500); // Every message of the burst had a job of its own; the last of them has come by now.
    expect((await messagesOf(owner.client, conversation.id)).map(({ author }) => author.kind)).toEqual([...Array(5).fill("contact"), "ai"]);
    expect(await turnsOf(conversation.id)).toEqual(["settled"]);
    expect(asked()).toHaveLength(1);
    for (const part of [1, 2, 3, 4, 5]) expect(JSON.stringify(asked()[0]?.body)).toContain(`part ${part}`);
  });

  it("the same message sent fifty times at once to two servers is one message, one turn, one reply", async () => {
    const place = await start();
    await outcomeOf(owner.client, place);
    const once = { conversationId: place.conversationId, text: returns.question, clientMessageId: "the-one" };
    const sent = await Promise.all(Array.from({ length: 50 }, (_, number) => owner.at(number % 2).api.conversations.send.mutate(once)));
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1);
    await until(async () => (await messagesOf(owner.client, place.conversationId)).length >= 4, "the reply");
    await sleep(1_000);
    expect((await messagesOf(owner.client, place.conversationId)).map(({ author }) => author.kind)).toEqual([
      "contact",
      "ai",
      "contact",
      "ai",
    ]);
    expect(await turnsOf(place.conversationId)).toEqual(["settled", "settled"]);
    expect(asked()).toHaveLength(2);
  });

  it("a conversation started fifty times at once with one clientMessageId is one conversation with one reply", async () => {
    const once = { agentId, text: returns.question, clientMessageId: "the-beginning" };
    const started = await Promise.all(Array.from({ length: 50 }, (_, number) => owner.at(number % 2).api.conversations.start.mutate(once)));
    const ids = [...new Set(started.map(({ conversation }) => conversation.id))];
    expect(ids).toHaveLength(1);
    await outcomeOf(owner.client, { conversationId: ids[0] ?? "", lastEventId: "0" });
    await sleep(1_000);
    expect((await messagesOf(owner.client, ids[0] ?? "")).map(({ author }) => author.kind)).toEqual(["contact", "ai"]);
    expect(asked()).toHaveLength(1);
  });
});

describe("a person who steps in", () => {
  it("while the agent is thinking ends the reply for good, and the agent stays silent after it", async () => {
    fake.when(() => true, ticking(50));
    const place = await start();
    const { conversationId } = place;
    const follow = (signal: AbortSignal) => owner.at(1).follow.conversation(place, { signal });
    let steppedIn: Promise<unknown> | undefined;
    const isPiece = ({ type }: StreamEvent) => type === "reply.delta";
    const read = await readUntil(follow, ({ type }) => type === "reply.superseded", {
      onEvent: (event) => {
        if (isPiece(event))
          steppedIn ??= owner.client.api.conversations.send.mutate({ conversationId, text: "Ben here, let me help.", as: "member" });
      },
    });
    await steppedIn;
    expect(read.at(-1)?.event).toMatchObject({ type: "reply.superseded", reason: "taken_over" });
    await until(() => asked().every(({ outcome }) => outcome !== "open"), "the model to be let go");
    await owner.client.api.conversations.send.mutate({ conversationId, text: "Thank you, Ben!" });
    await sleep(1_500);
    const messages = await messagesOf(owner.client, conversationId);
    expect(transcriptOf(messages)).toEqual([`contact: ${returns.question}`, "member: Ben here, let me help.", "contact: Thank you, Ben!"]);
    expect(await turnsOf(conversationId)).toEqual(["superseded"]);
    expect(await owner.client.api.conversations.get.query({ conversationId })).toMatchObject({ handler: "member", status: "open" });
    expect(asked()).toHaveLength(1);
  });
});

describe("a reader", () => {
  it("at one server gets, piece by piece, the reply that another server was asked for", async () => {
    fake.when(() => true, ticking(20));
    const place = await start(owner.at(0));
    const read = await outcomeOf(owner.at(1), place);
    const [, reply] = await messagesOf(owner.client, place.conversationId);
    expect(reply?.text).toBe(returns.longAnswer);
    expect([...textsOf(read).values()]).toEqual([reply?.text]);
    expect(read.filter(({ event }) => event.type === "reply.delta").length).toBeGreaterThan(10);
  });

  it("whose socket is cut five times in one reply ends with the exact text, no gap, no repeat", async () => {
    fake.when(() => true, ticking(90));
    const { client, cable } = await overCable();
    const place = await start();
    const [{ read, cuts }, undisturbed] = await Promise.all([readThroughCuts(client, cable, place, 5), outcomeOf(owner.client, place)]);
    expect(cuts).toBe(5);
    expect([...textsOf(read).values()]).toEqual([returns.longAnswer]);
    expect(seenBy(read)).toEqual(seenBy(undisturbed));
  });

  it("of the whole workspace misses nothing however often the connection is lost", async () => {
    fake.when(() => true, ticking(10));
    const { client, cable } = await overCable();
    const signal = AbortSignal.timeout(60_000);
    const followed = client.follow.workspace({ lastEventId: "0" }, { signal })[Symbol.asyncIterator]();
    const ids: string[] = [];
    let outcomes = 0;
    const started = Promise.all([1, 2, 3, 4].map((number) => start(owner.at(number % 2))));
    const places = (async () => new Set((await started).map(({ conversationId }) => conversationId)))();
    for (let cuts = 0; outcomes < 4; ) {
      const next = await followed.next();
      if (next.done) throw new Error(`the stream ended after ${ids.length} events`);
      const { id, event } = next.value;
      ids.push(id);
      if (isOutcome(event) && "conversationId" in event && (await places).has(event.conversationId ?? "")) outcomes += 1;
      if (ids.length % 7 === 0 && cuts < 12) cuts += cable.cut();
    }
    await followed.return(undefined);
    const last = ids.at(-1);
    const afresh: string[] = [];
    for await (const { id } of owner.client.follow.workspace({ lastEventId: "0" }, { signal })) {
      afresh.push(id);
      if (id === last) break;
    }
    expect(ids).toEqual(afresh);
    expect(new Set(ids).size).toBe(ids.length);
    // The workspace's numbers have no holes, so neither has what was read of them.
    expect(afresh.map(Number)).toEqual(afresh.map((_, index) => index + 1));
  });

  it("gets the same events over SSE as over a WebSocket", async () => {
    fake.when(() => true, ticking(20));
    const place = await start();
    const [overSse, overSocket] = await Promise.all([
      readUntil((signal) => followSse(place, signal), isOutcome),
      outcomeOf(owner.at(1), place),
    ]);
    expect(seenBy(overSse)).toEqual(seenBy(overSocket));
    expect([...textsOf(overSse).values()]).toEqual([returns.longAnswer]);
    // Taken up in the middle, as EventSource does after a cut, it goes on behind that event.
    const middle = overSse.findIndex(({ event }) => event.type === "reply.started");
    const rest = await readUntil((signal) => followSse({ ...place, lastEventId: overSse[middle]?.id ?? "" }, signal), isOutcome);
    const durable = ({ event }: { event: StreamEvent }) => event.type !== "reply.delta";
    expect(seenBy(rest.filter(durable))).toEqual(seenBy(overSse.slice(middle + 1).filter(durable)));
  });
});

/** The stream as a browser's EventSource reads it, from the first server. */
async function* followSse(input: object, signal: AbortSignal): AsyncGenerator<{ id: string; event: StreamEvent }> {
  const response = await fetch(`${app.url}/trpc/conversations.onConversation?input=${encodeURIComponent(JSON.stringify(input))}`, {
    headers: { accept: "text/event-stream", authorization: `Bearer ${owner.token}`, "x-workspace-id": owner.workspaceId },
    signal,
  });
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  let buffered = "";
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    buffered += text;
    const frames = buffered.split("\n\n");
    buffered = frames.pop() ?? "";
    for (const frame of frames) {
      const fields = new Map(frame.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
      const id = fields.get("id");
      if (id !== undefined) yield { id, event: JSON.parse(fields.get("data") ?? "") as StreamEvent }; // safe: the router's own output
    }
  }
}
