import { answers, type Behaviour, cutsAfter, fails, outOfQuota, refuses, stallsAfter, stallsAtOnce } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createOpenAiProvider } from "../openai/provider.ts";
import type { AiProvider, BreakerReading, ChatPart, ChatRequest } from "../provider.ts";
import { createResilientProvider, type ResilienceOptions } from "./resilient.ts";

let first: FakeOpenAi;
let second: FakeOpenAi;
beforeAll(async () => {
  first = await createFakeOpenAi();
  second = await createFakeOpenAi();
});
afterAll(() => Promise.all([first.close(), second.close()]));
beforeEach(() => {
  first.reset();
  second.reset();
});

const openai = (fake: FakeOpenAi, model: string) =>
  createOpenAiProvider({
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model,
    embeddingModel: "text-embedding-3-small",
    timeoutMs: 4_000,
    retry: { retriesMax: 0, backoffMs: 1, waitMsMax: 10 },
  });
const alone = (options: Partial<ResilienceOptions> = {}) => createResilientProvider(openai(first, "large"), { fallback: null, ...options });
const pair = (options: Partial<ResilienceOptions> = {}) => alone({ fallback: openai(second, "small"), ...options });

const request: ChatRequest = {
  question: "How long may I return it?",
  history: [],
  passages: [{ index: 1, title: "Returns", headingPath: [], text: "Within 30 days." }],
  agent: { name: "Ada", systemPrompt: "", language: "auto" },
  model: null,
  temperature: 0.3,
  maxTokens: 200,
};

async function ask(provider: AiProvider, script: Behaviour[] = [], model: string | null = null, signal?: AbortSignal) {
  first.script(script);
  const parts: ChatPart[] = [];
  let error: unknown;
  try {
    for await (const part of provider.chat.stream({ ...request, model }, signal ? { signal } : {})) parts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const tries = parts.flatMap((part) => (part.type === "try" ? [`${part.model} ${part.outcome}`] : []));
  return { text, error, tries };
}

describe("a fallback model", () => {
  it.each<[trouble: string, Behaviour, code: string]>([
    ["is down", fails(503), "unavailable"],
    ["is out of money", outOfQuota(), "quota"],
    ["knows no such model", fails(404, { message: "The model does not exist", code: "model_not_found" }), "bad_request"],
    ["breaks off before its first word", cutsAfter('{"act'), "unavailable"],
  ])("answers when the first %s, and both tries are told", async (_, behaviour, code) => {
    second.script([answers("Within 30 days. [1]")]);
    expect(await ask(pair(), [behaviour])).toEqual({
      text: "Within 30 days. [1]",
      error: undefined,
      tries: [`large ${code}`, "small ok"],
    });
    expect(second.requests[0]?.body).toMatchObject({ model: "small" });
  });

  it("answers soon when the first only keeps silent, and the first is hung up on", async () => {
    const { text, tries } = await ask(pair({ patienceMs: 800 }), [stallsAtOnce()], "agents-own");
    expect(text).toContain("[1]");
    expect(tries).toEqual(["agents-own timeout", "small ok"]);
    await expect.poll(() => first.requests[0]?.outcome, { timeout: 10_000 }).toBe("clientLeft");
  });

  it("never goes on where the first has shown a word", async () => {
    const broken = await ask(pair({ patienceMs: 50 }), [cutsAfter('{"action":"answer","answer":"Within 30')]);
    expect(broken).toMatchObject({ text: expect.stringContaining("Within"), error: { code: "unavailable" }, tries: ["large unavailable"] });
    expect(second.requests).toHaveLength(0);
  });

  it("is not asked to say what the first declined to say, nor when the customer left", async () => {
    expect(await ask(pair(), [refuses()])).toMatchObject({ text: "", tries: ["large ok"] });
    expect(await ask(pair(), [fails(400, { code: "content_filter" })])).toMatchObject({ error: { code: "refused" } });
    const left = new AbortController();
    const reason = new Error("superseded");
    setTimeout(() => left.abort(reason), 60);
    expect((await ask(pair(), [stallsAfter('{"action"')], null, left.signal)).error).toBe(reason);
    expect(second.requests).toHaveLength(0);
  });

  it("that fails too tells its own trouble", async () => {
    second.script([fails(500)]);
    expect(await ask(pair(), [fails(503)])).toMatchObject({
      text: "",
      error: { code: "unavailable" },
      tries: ["large unavailable", "small unavailable"],
    });
  });
});

describe("a breaker", () => {
  const down = () => first.when(() => true, fails(503));

  it("spares customers the waiting: after five failures the fallback is asked at once, and the first again when it is well", async () => {
    let nowMs = 0;
    const changes: BreakerReading[] = [];
    const provider = pair({ nowMs: () => nowMs, onChange: (reading) => void changes.push(reading) });
    down();
    for (let call = 0; call < 5; call += 1) await ask(provider);
    expect(provider.breakers?.()).toContainEqual({ server: "first", purpose: "chat", model: "large", state: "open" });
    expect(await ask(provider)).toMatchObject({ error: undefined, tries: ["large breaker_open", "small ok"] });
    expect(first.requests).toHaveLength(5);
    first.reset();
    nowMs = 15_000;
    expect((await ask(provider)).tries).toEqual(["large ok"]);
    expect((await ask(provider)).tries).toEqual(["large ok"]);
    expect(changes.map(({ state }) => state)).toEqual(["open", "half_open", "closed"]);
  });

  it("without a fallback fails at once, and says for how long", async () => {
    const provider = alone({ nowMs: () => 0 });
    down();
    for (let call = 0; call < 5; call += 1) await ask(provider);
    const { error, tries } = await ask(provider);
    expect(error).toMatchObject({ code: "unavailable", retryAfterMs: 15_000, message: expect.stringContaining("15 s") });
    expect([tries, first.requests.length]).toEqual([["large breaker_open"], 5]);
  });

  it("is each model's own, and each provider's", async () => {
    const provider = alone();
    down();
    for (let call = 0; call < 5; call += 1) await ask(provider);
    first.reset();
    expect((await ask(provider)).tries).toEqual(["large breaker_open"]);
    expect((await ask(provider, [], "other")).tries).toEqual(["other ok"]);
    expect((await ask(alone())).tries).toEqual(["large ok"]);
  });

  it("does not open for what is wrong with the question, or for customers who leave", async () => {
    const provider = alone();
    for (let call = 0; call < 6; call += 1)
      await ask(provider, [fails(400, { message: "maximum context length", code: "context_length_exceeded" })]);
    for (let call = 0; call < 6; call += 1) await ask(provider, [], null, AbortSignal.abort(new Error("left")));
    expect((await ask(provider)).tries).toEqual(["large ok"]);
  });

  it("keeps no more breakers than it may, however many models agents name", async () => {
    const provider = alone();
    for (let number = 0; number < 105; number += 1) await ask(provider, [], `model-${number}`);
    expect(provider.breakers?.()).toHaveLength(100);
  });

  it("turns questions away when embeddings are down, and never a document, whose job waits by itself", async () => {
    let nowMs = 0;
    const { embedder } = alone({ nowMs: () => nowMs });
    first.scriptEmbeddings(Array.from({ length: 6 }, () => fails(500)));
    for (let call = 0; call < 5; call += 1) await expect(embedder.embed(["a"], { kind: "query" })).rejects.toThrow();
    await expect(embedder.embed(["a"], { kind: "query" })).rejects.toThrow("not asked");
    expect(first.requests).toHaveLength(5);
    await expect(embedder.embed(["a"], { kind: "document" })).rejects.toThrow();
    expect(await embedder.embed(["a"], { kind: "document" })).toHaveLength(1);
    expect(first.requests).toHaveLength(7);
    nowMs = 15_000;
    expect(await embedder.embed(["a"], { kind: "query" })).toHaveLength(1);
  });
});
