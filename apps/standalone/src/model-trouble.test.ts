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
  it.each<{ trouble: string; script: Behaviour[]; reason: HandoffReason; requests: number }>([
    { trouble: "it takes the question and never says a byte", script: [stallsAtOnce()], reason: "ai_error", requests: 1 },
    { trouble: "it falls silent in mid-reply", script: [stallsAfter(begun)], reason: "ai_error", requests: 1 },
    { trouble: "the connection breaks in mid-reply", script: [cutsAfter(begun)], reason: "ai_error", requests: 1 },
    { trouble: "a chunk in mid-reply is not JSON", script: [breaksAfter(begun)], reason: "ai_error", requests: 1 },
    { trouble: "the account is empty, which is asked once and never again", script: thrice(outOfQuota()), reason: "ai_error", requests: 1 },
    {
      trouble: "the key is refused",
      script: thrice(fails(401, { type: "invalid_request_error", code: "invalid_api_key" })),
      reason: "ai_error",
      requests: 1,
    },
    { trouble: "it answers 500 three times", script: thrice(fails(500)), reason: "ai_error", requests: 3 },
    { trouble: "it answers 503 three times", script: thrice(fails(503)), reason: "ai_error", requests: 3 },
    { trouble: "it is too busy three times", script: thrice(rateLimited()), reason: "ai_error", requests: 3 },
    { trouble: "a proxy answers in its stead with a page", script: thrice(garbage()), reason: "ai_error", requests: 3 },
    { trouble: "its answer has no choices", script: thrice(noChoices()), reason: "ai_error", requests: 3 },
    { trouble: "it refuses", script: [refuses()], reason: "model_refused", requests: 1 },
    {
      trouble: "the vendor's filter stops it in mid-reply",
      script: [says(begun, { finish: "content_filter" })],
      reason: "model_refused",
      requests: 1,
    },
    {
      trouble: "it speaks plain prose where JSON was asked for",
      script: [says("Returns are accepted within 30 days. [1]")],
      reason: "model_unparsable",
      requests: 1,
    },
    {
      trouble: "it speaks other JSON",
      script: [says('{"reply":{"action":"answer","answer":"Within 30 days. [1]"}}')],
      reason: "model_unparsable",
      requests: 1,
    },
    {
      trouble: "it goes on after its JSON",
      script: [says('{"action":"answer","answer":"Within 30 days. [1]"} {"action":"delete"}')],
      reason: "model_unparsable",
      requests: 1,
    },
    {
      trouble: "it is cut off before it came to the answer",
      script: [says('{"action":"ans', { finish: "length" })],
      reason: "model_unparsable",
      requests: 1,
    },
    {
      trouble: "it is cut off in its first sentence",
      script: [says(begun, { finish: "length" })],
      reason: "model_unparsable",
      requests: 1,
    },
    {
      trouble: "it answers without a source",
      script: [answers("Returns are accepted within 90 days.")],
      reason: "model_uncited",
      requests: 1,
    },
    { trouble: "it asks for a person itself", script: [answers("", { action: "handoff" })], reason: "model_asked", requests: 1 },
  ])("$trouble", async ({ script, reason, requests }) => {
    fake.script(script);
    const outcome = await ask();
    const made = asked("chat");
    fake.reset();
    await expectHandedOver(outcome, reason);
    expect(made).toBe(requests);
  });

  it.each<{ trouble: string; script: Behaviour[]; requests: number }>([
    { trouble: "it is too busy once", script: [rateLimited(), answers(returns.answer)], requests: 2 },
    { trouble: "it fails twice", script: [fails(500), fails(503), answers(returns.answer)], requests: 3 },
    { trouble: "a proxy stands in once", script: [garbage(), answers(returns.answer)], requests: 2 },
    {
      trouble: "it is cut off in its second sentence, of which nothing is kept",
      script: [
        says('{"action":"answer","answer":"Returns are accepted within 30 days of delivery. [1] Furthermore, worn sh', {
          finish: "length",
        }),
      ],
      requests: 1,
    },
  ])("and it is the answer itself when $trouble", async ({ script, requests }) => {
    fake.script(script);
    const { conversationId, read } = await ask();
    expect(read.at(-1)?.event).toMatchObject({ type: "reply.completed", text: returns.answer });
    expect(asked("chat")).toBe(requests);
    await expectNextAnswered(conversationId, returns.answer);
  });
});

describe("when embeddings are in trouble", () => {
  it.each<{ trouble: string; script: Behaviour[]; requests: number }>([
    { trouble: "fail three times", script: thrice(fails(500)), requests: 3 },
    { trouble: "find the account empty", script: thrice(outOfQuota()), requests: 1 },
    { trouble: "never come", script: [stallsAtOnce()], requests: 1 },
    { trouble: "are a page of a proxy", script: thrice(garbage()), requests: 3 },
  ])("the customer gets one sensible message: they $trouble", async ({ script, requests }) => {
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
