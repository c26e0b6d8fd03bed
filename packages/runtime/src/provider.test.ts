import type { ChatPart, ChatRequest } from "@axon/ai/provider";
import { answers, fails } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";
import { observeProvider } from "./observed-provider.ts";
import { createProvider } from "./provider.ts";

let fake: FakeOpenAi;
beforeAll(async () => {
  fake = await createFakeOpenAi();
});
afterAll(() => fake.close());

const request: ChatRequest = {
  question: "How long may I return it?",
  history: [],
  passages: [],
  agent: { name: "Ada", systemPrompt: "", language: "auto" },
  model: null,
  temperature: 0,
  maxTokens: 100,
};

it("the model of the environment falls back on the other one, and a scraper sees every try and how the breakers stand", async () => {
  const warnings: unknown[] = [];
  const openai = {
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model: "large",
    embeddingModel: "text-embedding-3-small",
    embeddingDimensions: null,
    fallback: { apiKey: "sk-other", baseUrl: fake.baseUrl, model: "small" },
    timeoutMs: 60_000,
    firstByteMs: 20_000,
    maxTokens: 100,
    temperature: 0,
    prices: {},
  };
  const provider = createProvider({ openai }, { warn: (...line: unknown[]) => void warnings.push(line) });
  const metrics = createMetrics();
  const observed = observeProvider(provider, metrics.modelCalled, metrics.modelTried);
  fake.when(({ body }) => body?.model === "small", answers("Within 30 days [1]."));
  // Not retryable, so that the test need not wait between tries.
  fake.when(({ body }) => body?.model === "large", fails(401, { code: "invalid_api_key" }));
  for (let call = 0; call < 6; call += 1) {
    const parts: ChatPart[] = [];
    for await (const part of observed.chat.stream(request, {})) parts.push(part);
    expect(parts.at(-1)).toEqual({ type: "finish", reason: "stop" });
  }
  expect(fake.requests.filter(({ body }) => body?.model === "large")).toHaveLength(5);
  expect(fake.requests.at(-1)?.headers.authorization).toBe("Bearer sk-other");
  expect(observed.breakers?.()).toContainEqual({ server: "first", purpose: "chat", model: "large", state: "open" });
  expect(JSON.stringify(warnings)).toContain('"state":"open"');
  const { text } = await metrics.read();
  expect(text).toContain('axon_model_tries_total{provider="openai",model="large",outcome="auth"} 5');
  expect(text).toContain('axon_model_tries_total{provider="openai",model="large",outcome="breaker_open"} 1');
  expect(text).toContain('axon_model_tries_total{provider="openai",model="small",outcome="ok"} 6');
});
