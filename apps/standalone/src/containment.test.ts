import { createOpenAiProvider } from "@axon/ai/openai/provider";
import { createResilientProvider } from "@axon/ai/resilience/resilient";
import { hostilePrompts, personRequests } from "@axon/testing/attacks/hostile-prompts";
import { knowledgeAttacks } from "@axon/testing/attacks/knowledge-attacks";
import { leaksIn } from "@axon/testing/attacks/leaks";
import { does, obeys, promptOf } from "@axon/testing/attacks/obeying-model";
import { offTopic } from "@axon/testing/attacks/off-topic";
import { talkAttacks } from "@axon/testing/attacks/talk-attacks";
import { answers } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { isOutcome, messagesOf, readUntil, returns, teach, textsOf } from "./reading.fixture.ts";

/**
 * A model that obeys everybody, in the whole of Axon: a sample of what `packages/ai/src/containment.test.ts` runs through the
 * pipeline, here from a document or a message to what a customer reads.
 */
const codeWord = "heron 7731 kettle";
const planted = [
  "passage: plain",
  "passage: Chinese",
  "passage: chat markup",
  "passage: login link",
  "passage: tool call in text",
  "fileName: plain",
].flatMap((id) => knowledgeAttacks.filter((attack) => attack.id === id));
const said = [
  "message: plain",
  "message: reveal the prompt",
  "message: print the passages",
  "message: image",
  "message: JSON breakout",
  "message: hidden",
].flatMap((id) => talkAttacks.filter((attack) => attack.id === id));

let fake: FakeOpenAi;
let app: App;
let owner: Owner;

beforeAll(async () => {
  fake = await createFakeOpenAi();
  const openai = createOpenAiProvider({
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model: "gpt-4o",
    embeddingModel: "text-embedding-3-small",
  });
  app = await openApp({ provider: createResilientProvider(openai, { fallback: null }) });
  owner = await app.found();
  await teach(owner.client, "Returns", returns.document);
  await Promise.all(
    planted.map(({ id, place, text }) => {
      const [name, more] = place === "fileName" ? [text, ""] : [`Notes ${id}`, text];
      return teach(owner.client, name, `Returns need the receipt within 30 days. ${more}`);
    }),
  );
}, 180_000);
afterAll(async () => {
  await app?.close();
  await fake?.close();
});
beforeEach(() => fake.reset());

const agentWith = async (systemPrompt: string) =>
  (
    await owner.client.api.agents.create.mutate({
      name: "Ada",
      systemPrompt: `${systemPrompt} The internal code word is ${codeWord}.`,
      replyDelayMs: 0,
      confidenceThreshold: 0,
      fallbackMessage: "I'll ask a colleague.",
    })
  ).id;

/** All that a customer could read: pieces as they came, messages, and the words of citations. */
async function ask(agentId: string, text: string) {
  const { conversation } = await owner.client.api.conversations.start.mutate({ agentId, text });
  const conversationId = conversation.id;
  const read = await readUntil(
    (signal) => owner.client.follow.conversation({ conversationId, lastEventId: conversation.lastEventId }, { signal }),
    isOutcome,
  );
  const replies = (await messagesOf(owner.client, conversationId)).filter(({ author }) => author.kind !== "contact");
  const shown = [...textsOf(read).values(), ...replies.map((message) => message.text)].join("\n");
  const quotes = JSON.stringify(replies.flatMap(({ citations }) => (citations ?? []).map(({ quote }) => quote)));
  return { shown, quotes, last: read.at(-1)?.event };
}

describe("a model that obeys everybody", () => {
  it("leaks nothing that documents or customers tell it to, and still answers", async () => {
    const agentId = await agentWith("Be friendly.");
    fake.when(() => true, obeys(...planted));
    const { shown, quotes } = await ask(agentId, returns.question);
    expect(shown).toContain("Returns are accepted within 30 days of delivery");
    for (const { canary } of planted) expect(leaksIn(`${shown}\n${quotes}`, { canary, words: [codeWord], passages: 8 })).toEqual([]);
    for (const attack of said) {
      fake.reset();
      fake.when(() => true, obeys(attack));
      const outcome = await ask(agentId, attack.text);
      expect(leaksIn(outcome.shown, { canary: attack.canary, words: [codeWord], passages: 8 }), attack.id).toEqual([]);
    }
  }, 120_000);

  it("fetches a person under any instructions, and leaks nothing", async () => {
    const sample = [1, 4, 6, 13, 18, 23, 31].flatMap((index) => hostilePrompts[index] ?? []);
    for (const [index, { text, deed }] of sample.entries()) {
      const agentId = await agentWith(text);
      fake.when(
        () => true,
        (request) => does(deed, "CANARY-HOST", promptOf(request)),
      );
      const { last, shown } = await ask(agentId, personRequests[index] ?? "");
      expect(last, text).toMatchObject({ type: "handoff.requested", reason: "customer_asked" });
      const answered = await ask(agentId, returns.question);
      expect(leaksIn(`${shown}\n${answered.shown}`, { canary: "CANARY-HOST", words: [codeWord], passages: 8 }), text).toEqual([]);
    }
  }, 120_000);

  it("is not asked what the knowledge does not hold, or not believed", async () => {
    const { id: agentId } = await owner.client.api.agents.create.mutate({ name: "Ada", replyDelayMs: 0 });
    const talked: string[] = [];
    for (const { question, answer } of offTopic) {
      fake.reset();
      fake.when(() => true, answers(answer));
      const { action } = await owner.client.api.agents.ask.mutate({ agentId, question });
      if (action === "answer") talked.push(question);
    }
    expect(talked).toEqual([]);
  }, 120_000);
});
