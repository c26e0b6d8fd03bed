import { createOpenAiProvider } from "@axon/ai/openai/provider";
import type { HandoffReason } from "@axon/contracts/answers";
import { openPool } from "@axon/db/connect";
import {
  answers,
  type Behaviour,
  breaksAfter,
  cutsAfter,
  fails,
  garbage,
  noChoices,
  outOfQuota,
  rateLimited,
  refuses,
  says,
  stallsAfter,
  stallsAtOnce,
} from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { isOutcome, messagesOf, readUntil, returns, teach, textsOf, transcriptOf } from "./reading.fixture.ts";

const fallback = "I'll ask a colleague.";
/** What the model had said when trouble came. */
const begun = '{"action":"answer","answer":"Returns are accepted within 30';
const twoSentences = `{"action":"answer","answer":"${returns.answer} Furthermore,`;

let fake: FakeOpenAi;
let app: App;
let owner: Owner;
let agentId: string;

beforeAll(async () => {
  fake = await createFakeOpenAi();
  const provider = createOpenAiProvider({
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model: "gpt-4o",
    embeddingModel: "text-embedding-3-small",
    // Short for a stalled model, long for a machine that is busy with other tests.
    timeoutMs: 6_000,
    firstByteMs: 3_000,
    idleMs: 3_000,
    retry: { retriesMax: 2, backoffMs: 20, waitMsMax: 1_000 },
  });
  app = await openApp({ provider });
  owner = await app.found();
  await teach(owner.client, "Returns", returns.document);
  // The threshold is 0 so that every cited answer is given, and every word of it is shown at once.
  agentId = (
    await owner.client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0, confidenceThreshold: 0, fallbackMessage: fallback })
  ).id;
}, 180_000);
afterAll(async () => {
  await app.close();
  await fake.close();
});
beforeEach(() => fake.reset());

async function ask() {
  const { conversation } = await owner.client.api.conversations.start.mutate({ agentId, text: returns.question });
  const conversationId = conversation.id;
  const read = await readUntil(
    (signal) => owner.client.follow.conversation({ conversationId, lastEventId: conversation.lastEventId }, { signal }),
    isOutcome,
  );
  return { conversationId, read };
}

const asked = (endpoint: "chat" | "embeddings") => fake.requests.filter((request) => request.endpoint === endpoint).length;

/** The customer heard the fallback and nothing else, a person is asked for, and the next question is answered as ever. */
async function expectHandedOver({ conversationId, read }: Awaited<ReturnType<typeof ask>>, reason: HandoffReason): Promise<void> {
  const durable = read.filter(({ event }) => event.type !== "reply.delta").map(({ event }) => event);
  expect(durable.map(({ type }) => type)).toEqual([
    "reply.started",
    "reply.failed",
    "message.created",
    "conversation.updated",
    "handoff.requested",
  ]);
  expect(durable.at(-1)).toMatchObject({ reason });
  for (const shown of textsOf(read).values()) expect(shown).not.toMatch(/[{}]|action/);
  expect(await owner.client.api.conversations.get.query({ conversationId })).toMatchObject({
    status: "pending",
    handler: "ai",
    handoff: { reason },
  });
  await expectNextAnswered(conversationId, fallback);
}

async function expectNextAnswered(conversationId: string, firstReply: string): Promise<void> {
  fake.script([answers(returns.answer)]);
  const { lastEventId } = await owner.client.api.conversations.get.query({ conversationId });
  await owner.client.api.conversations.send.mutate({ conversationId, text: returns.question });
  await readUntil((signal) => owner.client.follow.conversation({ conversationId, lastEventId }, { signal }), isOutcome);
  const contact = `contact: ${returns.question}`;
  expect(transcriptOf(await messagesOf(owner.client, conversationId))).toEqual([
    contact,
    `ai: ${firstReply}`,
    contact,
    `ai: ${returns.answer}`,
  ]);
  const pool = openPool(app.database, null, 1);
  const open = await pool`select id from turn where state in ('received', 'claimed', 'thinking') and conversation_id = ${conversationId}`;
  await pool.end({ timeout: 5 });
  expect(open).toHaveLength(0);
}

const thrice = (behaviour: Behaviour) => [behaviour, behaviour, behaviour];

describe("when the model is in trouble, the customer gets one sensible message and the next question is answered", () => {
  it.each<[trouble: string, HandoffReason, requests: number, Behaviour[]]>([
    ["it takes the question and never says a byte", "ai_error", 1, [stallsAtOnce()]],
    ["the account is empty, which is asked once and never again", "ai_error", 1, thrice(outOfQuota())],
    ["the key is refused", "ai_error", 1, thrice(fails(401, { type: "invalid_request_error", code: "invalid_api_key" }))],
    ["it answers 500 three times", "ai_error", 3, thrice(fails(500))],
    ["it answers 503 three times", "ai_error", 3, thrice(fails(503))],
    ["it is too busy three times", "ai_error", 3, thrice(rateLimited())],
    ["a proxy answers in its stead with a page", "ai_error", 3, thrice(garbage())],
    ["its answer has no choices", "ai_error", 3, thrice(noChoices())],
    ["it refuses", "model_refused", 1, [refuses()]],
    ["it speaks plain prose where JSON was asked for", "model_unparsable", 1, [says("Returns are accepted within 30 days. [1]")]],
    ["it speaks other JSON", "model_unparsable", 1, [says('{"reply":{"action":"answer","answer":"Within 30 days. [1]"}}')]],
    ["it is cut off before it came to the answer", "model_unparsable", 1, [says('{"action":"ans', { finish: "length" })]],
    ["it asks for a person itself", "model_asked", 1, [answers("", { action: "handoff" })]],
  ])("%s", async (_, reason, requests, script) => {
    fake.script(script);
    const outcome = await ask();
    expect(asked("chat")).toBe(requests);
    fake.reset();
    await expectHandedOver(outcome, reason);
  });

  it.each<[trouble: string, HandoffReason, Behaviour]>([
    ["it falls silent", "ai_error", stallsAfter(begun)],
    ["the connection breaks", "ai_error", cutsAfter(begun)],
    ["a chunk is not JSON", "ai_error", breaksAfter(begun)],
    ["the vendor's filter stops it", "model_refused", says(begun, { finish: "content_filter" })],
    ["it is cut off in its first sentence", "model_unparsable", says(begun, { finish: "length" })],
    ["it goes on after its JSON", "model_unparsable", says('{"action":"answer","answer":"Within 30 days. [1]"} {"action":"delete"}')],
    ["it has no source", "model_uncited", answers("Returns are accepted within 90 days.")],
  ])("and what was shown already is taken back when, in mid-reply, %s", async (_, reason, behaviour) => {
    fake.script([behaviour]);
    const outcome = await ask();
    expect([...textsOf(outcome.read).values()].join("")).toMatch(/^(Returns|Within)/);
    expect(asked("chat")).toBe(1); // A second try would contradict what was shown.
    fake.reset();
    await expectHandedOver(outcome, reason);
  });

  it.each<[trouble: string, requests: number, Behaviour[]]>([
    ["it is too busy once", 2, [rateLimited(), answers(returns.answer)]],
    ["it fails twice", 3, [fails(500), fails(503), answers(returns.answer)]],
    ["a proxy stands in once", 2, [garbage(), answers(returns.answer)]],
    ["it is cut off in its second sentence, of which nothing is kept", 1, [says(`${twoSentences} worn sh`, { finish: "length" })]],
  ])("and it is the answer itself when %s", async (_, requests, script) => {
    fake.script(script);
    const { conversationId, read } = await ask();
    expect(read.at(-1)?.event).toMatchObject({ type: "reply.completed", text: returns.answer });
    expect(asked("chat")).toBe(requests);
    await expectNextAnswered(conversationId, returns.answer);
  });
});

describe("when embeddings are in trouble", () => {
  it.each<[trouble: string, requests: number, Behaviour[]]>([
    ["fail three times", 3, thrice(fails(500))],
    ["find the account empty", 1, thrice(outOfQuota())],
    ["never come", 1, [stallsAtOnce()]],
    ["are a page of a proxy", 3, thrice(garbage())],
  ])("the customer gets one sensible message: they %s", async (_, requests, script) => {
    fake.scriptEmbeddings(script);
    const outcome = await ask();
    expect(asked("embeddings")).toBe(requests);
    expect(asked("chat")).toBe(0);
    fake.reset();
    await expectHandedOver(outcome, "ai_error");
  });

  it("a document waits for them and becomes ready", async () => {
    fake.scriptEmbeddings([...thrice(fails(500)), fails(503)]);
    await teach(owner.client, "Gift cards", "Gift cards are valid for three years.");
    expect(asked("embeddings")).toBe(5);
  });
});

describe("a worker", () => {
  it("that has more stalled replies than it has hands answers them all and goes on", async () => {
    const stalled = 10;
    fake.script(Array.from({ length: stalled }, stallsAtOnce));
    const outcomes = await Promise.all(Array.from({ length: stalled }, ask));
    for (const { read } of outcomes) expect(read.at(-1)?.event).toMatchObject({ type: "handoff.requested", reason: "ai_error" });
    for (const { conversationId } of outcomes)
      expect((await messagesOf(owner.client, conversationId)).map(({ text }) => text)).toEqual([returns.question, fallback]);
    await expectNextAnswered(outcomes[0]?.conversationId ?? "", fallback);
  });
});
