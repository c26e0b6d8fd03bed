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
import { AiError, type ChatPart, type ChatRequest } from "../provider.ts";
import { createOpenAiProvider, type OpenAiOptions } from "./provider.ts";

let fake: FakeOpenAi;
beforeAll(async () => {
  fake = await createFakeOpenAi();
});
afterAll(() => fake.close());
beforeEach(() => fake.reset());

const retry = { retriesMax: 2, backoffMs: 5, waitMsMax: 500 };
const provider = (options: Partial<OpenAiOptions> = {}) =>
  createOpenAiProvider({
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model: "gpt-4o",
    embeddingModel: "text-embedding-3-small",
    retry,
    ...options,
  });

const request: ChatRequest = {
  question: "How long may I return it?",
  history: [],
  passages: [{ index: 1, title: "Returns", headingPath: [], text: "Within 30 days." }],
  agent: { name: "Ada", systemPrompt: "", language: "auto" },
  model: null,
  temperature: 0.3,
  maxTokens: 200,
};

async function chat(behaviours: Behaviour[], options: Partial<OpenAiOptions> = {}, signal?: AbortSignal) {
  fake.script(behaviours);
  const parts: ChatPart[] = [];
  let error: unknown;
  try {
    for await (const part of provider(options).chat.stream(request, signal ? { signal } : {})) parts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const finish = parts.find((part) => part.type === "finish");
  return {
    parts,
    text,
    error,
    finish: finish?.type === "finish" ? finish.reason : null,
    usage: parts.find((part) => part.type === "usage"),
    asked: fake.requests.length,
  };
}

const code = (error: unknown) => (error instanceof AiError ? error.code : error);

describe("a reply from OpenAI", () => {
  it("streams the answer's text, not its JSON, and counts its tokens", async () => {
    const { parts, text, finish, usage } = await chat([answers("Within 30 days. [1]", { pieceChars: 3 })]);
    expect(text).toBe("Within 30 days. [1]");
    expect(parts.filter(({ type }) => type === "text").length).toBeGreaterThan(3);
    expect(parts.findIndex(({ type }) => type === "action")).toBeLessThan(parts.findIndex(({ type }) => type === "text"));
    expect(finish).toBe("stop");
    expect(usage).toMatchObject({ estimated: false, price: null }); // Another server, whose prices nobody told us.
    expect(parts.at(-1)).toMatchObject({ type: "finish" });
    expect(fake.requests[0]?.body).toMatchObject({ stream_options: { include_usage: true }, response_format: { type: "json_schema" } });
  });

  it("says that an output in another form is unparsable and passes nothing of it on", async () => {
    for (const raw of ["Within 30 days.", '{"answer": 5}', "{}", ""]) {
      expect(await chat([says(raw)])).toMatchObject({ text: "", finish: "unparsable", error: undefined });
    }
  });

  it("tells a refusal from an answer", async () => {
    const { parts, text } = await chat([refuses()]);
    expect(parts.some(({ type }) => type === "refusal")).toBe(true);
    expect(text).toBe("");
  });

  it("tries again what may pass, and not more than twice", async () => {
    expect(await chat([rateLimited(), fails(503), answers("Yes. [1]")])).toMatchObject({ text: "Yes. [1]", asked: 3 });
    fake.reset();
    const gaveUp = await chat([fails(500), fails(500), fails(500), answers("Yes. [1]")]);
    expect(code(gaveUp.error)).toBe("unavailable");
    expect(gaveUp.asked).toBe(3);
  });

  it("never asks again when the account is empty or the key is wrong", async () => {
    const empty = await chat([outOfQuota(), answers("never")]);
    expect([code(empty.error), empty.asked]).toEqual(["quota", 1]);
    fake.reset();
    const wrong = await chat([fails(401, { code: "invalid_api_key", message: "Incorrect API key provided" })]);
    expect([code(wrong.error), wrong.asked]).toEqual(["auth", 1]);
  });

  it("does not wait when the vendor asks for longer than we would", async () => {
    const { error, asked } = await chat([rateLimited(60_000)]);
    expect([code(error), asked]).toEqual(["rate_limited", 1]);
  });

  it("never begins again once a word was shown, and still tells the usage", async () => {
    for (const broken of [cutsAfter('{"action":"answer","answer":"Within 30'), breaksAfter('{"action":"answer","answer":"Within 30')]) {
      fake.reset();
      const { error, asked, usage, text } = await chat([broken, answers("again")]);
      expect(code(error)).toBe("unavailable");
      expect(asked).toBe(1);
      expect(text).toContain("Within");
      expect(usage).toMatchObject({ estimated: true });
    }
  });

  it("gives up on a stream that falls silent, and hangs up on it", async () => {
    const silent = await chat([stallsAfter('{"action":"answer","answer":"Within')], { idleMs: 150 });
    expect([code(silent.error), silent.asked]).toEqual(["timeout", 1]);
    fake.reset();
    const mute = await chat([stallsAtOnce()], { firstByteMs: 150, retry: { ...retry, retriesMax: 0 } });
    expect(code(mute.error)).toBe("timeout");
    await expect.poll(() => fake.requests[0]?.outcome).toBe("clientLeft");
  });

  it("keeps to the total however the stream trickles", async () => {
    const { error } = await chat([answers("x".repeat(400), { pieceChars: 1, delayMs: 20 })], { timeoutMs: 300 });
    expect(code(error)).toBe("timeout");
  });

  it("throws the caller's own reason when the caller stops it", async () => {
    const stop = new AbortController();
    const reason = new Error("superseded");
    setTimeout(() => stop.abort(reason), 100);
    const { error } = await chat([stallsAfter('{"action":"answer","answer":"Within')], {}, stop.signal);
    expect(error).toBe(reason);
  });

  it("stops at once when it is stopped, at every stage, and hangs up", async () => {
    const patient = { timeout: 10_000 };
    const busy = { retriesMax: 2, backoffMs: 60_000, waitMsMax: 60_000 };
    const stages: [Behaviour, string][] = [
      [stallsAtOnce(), "clientLeft"], // Before the first byte.
      [stallsAfter('{"action":"answer","answer":"Within'), "clientLeft"], // In mid-reply.
      [fails(503), "answered"], // In the wait between two tries.
    ];
    for (const [behaviour, outcome] of stages) {
      fake.reset();
      const stop = new AbortController();
      const reason = new Error("superseded");
      const asking = chat([behaviour], { retry: busy }, stop.signal);
      await expect.poll(() => fake.requests.length, patient).toBe(1);
      if (outcome === "answered") await expect.poll(() => fake.requests[0]?.outcome, patient).toBe("answered");
      stop.abort(reason);
      const late = new Promise<"late">((resolve) => setTimeout(resolve, 10_000, "late"));
      expect(await Promise.race([asking.then(({ error }) => error), late])).toBe(reason);
      await expect.poll(() => fake.requests[0]?.outcome, patient).toBe(outcome);
      expect(fake.requests).toHaveLength(1);
    }
  });

  it("is not fooled by a proxy's page or a stream without choices", async () => {
    for (const behaviour of [garbage(), noChoices()]) {
      fake.reset();
      const { text, error, finish } = await chat([behaviour, behaviour, behaviour]);
      expect(text).toBe("");
      expect(code(error) ?? finish).toMatch(/unavailable|unparsable/);
    }
  });

  it("learns once that a server knows no schemas, and remembers", async () => {
    const refusal = fails(400, {
      message: "'response_format.type' must be one of text, json_object",
      type: "invalid_request_error",
      code: null,
    });
    fake.when(({ body }) => JSON.stringify(body?.response_format).includes("json_schema"), refusal);
    const one = provider();
    for (const expected of [2, 3]) {
      let text = "";
      for await (const part of one.chat.stream(request, {})) if (part.type === "text") text += part.text;
      expect(text).toContain("[1]");
      expect(fake.requests.length).toBe(expected);
    }
  });

  it("speaks to reasoning models as they want it", async () => {
    fake.when(
      ({ body }) => body?.temperature !== undefined,
      fails(400, { message: "Unsupported value: 'temperature' does not support 0.3", code: "unsupported_value" }),
    );
    fake.when(
      ({ body }) => body?.logprobs !== undefined,
      fails(400, { message: "You are not allowed to request logprobs from this model", code: null }),
    );
    fake.when(
      ({ body }) => body?.max_tokens !== undefined,
      fails(400, {
        message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        code: "unsupported_parameter",
      }),
    );
    expect(await chat([])).toMatchObject({ error: undefined, asked: 4 });
    expect(fake.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 200 + 4096, response_format: { type: "json_schema" } });
  });

  it("does not take a full context for a question of dialect", async () => {
    const full = fails(400, { message: "This model's maximum context length is 8192 tokens", code: "context_length_exceeded" });
    const { error, asked } = await chat([full]);
    expect([code(error), asked]).toEqual(["bad_request", 1]);
  });
});

describe("vectors from OpenAI", () => {
  const embed = (texts: string[], options: Partial<OpenAiOptions> = {}, signal?: AbortSignal) =>
    provider(options).embedder.embed(texts, { kind: "document", ...(signal && { signal }) });

  it("come in the order of the texts, of length 1, in requests of at most 96", async () => {
    const texts = Array.from({ length: 200 }, (_, index) => `text number ${index}`);
    const vectors = await embed(texts);
    expect(fake.requests.map(({ body }) => (Array.isArray(body?.input) ? body.input.length : 0)).sort((a, b) => a - b)).toEqual([
      8, 96, 96,
    ]);
    expect(vectors).toHaveLength(200);
    const [alone] = await embed(["text number 150"]);
    expect(vectors[150]).toEqual(alone);
    expect(Math.hypot(...(vectors[7] ?? []))).toBeCloseTo(1, 5);
    expect(fake.requests[0]?.body).toMatchObject({ encoding_format: "base64", dimensions: 1536 });
  });

  it("are asked for in smaller requests when texts are long, and never for an empty text", async () => {
    await embed([...Array.from({ length: 30 }, () => "word ".repeat(1600)), "", "  "]);
    expect(fake.requests.length).toBeGreaterThan(1);
    for (const { body } of fake.requests) {
      for (const text of Array.isArray(body?.input) ? body.input : [""]) expect(String(text).trim()).not.toBe("");
    }
  });

  it("are tried again after a hiccup, not after an empty account", async () => {
    fake.scriptEmbeddings([fails(503), rateLimited()]);
    expect(await embed(["a"])).toHaveLength(1);
    fake.reset();
    fake.scriptEmbeddings([outOfQuota()]);
    await expect(embed(["a"])).rejects.toMatchObject({ code: "quota" });
    expect(fake.requests).toHaveLength(1);
  });

  it("of another length are refused", async () => {
    await expect(embed(["a"], { embeddingModel: "nomic-embed-text" })).resolves.toHaveLength(1);
    fake.scriptEmbeddings([garbage(JSON.stringify({ object: "list", data: [{ index: 0, embedding: [1, 2, 3] }] }), "application/json")]);
    await expect(embed(["a"])).rejects.toMatchObject({ code: "bad_request" });
  });

  it("are given up when the endpoint is silent or the caller stops", async () => {
    fake.scriptEmbeddings([stallsAtOnce(), stallsAtOnce()]);
    await expect(embed(["a"], { timeoutMs: 150 })).rejects.toMatchObject({ code: "timeout" });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(embed(["a"], {}, stop.signal)).rejects.toThrow("enough");
  });
});
