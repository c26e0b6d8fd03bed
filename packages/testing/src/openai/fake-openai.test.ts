import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError, RateLimitError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
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
} from "./behaviours.ts";
import { fakeVector } from "./embeddings-wire.ts";
import { createFakeOpenAi, type FakeOpenAi } from "./fake-openai.ts";

let fake: FakeOpenAi;
beforeAll(async () => {
  fake = await createFakeOpenAi();
});
afterAll(() => fake.close());
beforeEach(() => fake.reset());

const question = { model: "gpt-4o", messages: [{ role: "user" as const, content: "How long may I return it?" }] };
const sdk = (maxRetries = 0) => new OpenAI({ baseURL: fake.baseUrl, apiKey: fake.apiKey, maxRetries, timeout: 20_000, logLevel: "off" });

async function stream(behaviour?: Behaviour, options: { usage?: boolean; logprobs?: boolean; timeout?: number } = {}) {
  if (behaviour) fake.script([behaviour]);
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  let error: unknown;
  try {
    const request = {
      ...question,
      stream: true as const,
      stream_options: { include_usage: options.usage ?? false },
      logprobs: options.logprobs ?? false,
    };
    for await (const chunk of await sdk().chat.completions.create(request, options.timeout ? { timeout: options.timeout } : {}))
      chunks.push(chunk);
  } catch (caught) {
    error = caught;
  }
  const deltas = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
  return {
    chunks,
    error,
    text: deltas.map((delta) => delta.content ?? "").join(""),
    refusal: deltas.map((delta) => delta.refusal ?? "").join(""),
  };
}

describe("a chat stream from the fake", () => {
  it("answers in the structured form by default, in several pieces", async () => {
    const { text, chunks } = await stream();
    expect(JSON.parse(text)).toEqual({ action: "answer", answer: expect.stringContaining("[1]") });
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
  });

  it("sends usage last, in a chunk without choices, only when asked", async () => {
    const asked = await stream(says("Thirty days."), { usage: true });
    expect(asked.chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } });
    expect(asked.chunks[0]?.usage).toBeNull();
    const unasked = await stream(says("Thirty days."));
    expect(unasked.chunks.some((chunk) => "usage" in chunk)).toBe(false);
  });

  it("arrives whole when its bytes are cut inside lines and characters", async () => {
    const text = "Größe – 日本 👍🏽";
    for (const sliceBytes of [1, 3]) expect((await stream(says(text, { sliceBytes, pieceChars: 4 }), { usage: true })).text).toBe(text);
  });

  it("keeps the pace it is told", async () => {
    const startedAt = performance.now();
    const { text } = await stream(says("abcd", { pieceChars: 1, delayMs: 30 }));
    expect(text).toBe("abcd");
    expect(performance.now() - startedAt).toBeGreaterThan(100);
  });

  it("can refuse: the words are in refusal and none in content", async () => {
    const { refusal, text, chunks } = await stream(refuses());
    expect([refusal, text]).toEqual(["I'm sorry, I can't assist with that request.", ""]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("stop");
  });

  it("can be cut short by the token limit", async () => {
    const { chunks, text } = await stream(says('{"action":"ans', { finish: "length" }));
    expect(text).toBe('{"action":"ans');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("length");
  });

  it("gives log probabilities when asked", async () => {
    const { chunks } = await stream(says("Yes"), { logprobs: true });
    expect(chunks[1]?.choices[0]?.logprobs?.content?.[0]).toMatchObject({ token: "Yes", bytes: [89, 101, 115] });
  });

  it("can break in the middle: connection cut, chunk that is no JSON, no choices, a web page instead", async () => {
    const cut = await stream(cutsAfter("Thirty d"));
    expect(cut.text).toBe("Thirty d");
    expect(cut.error).toBeDefined();
    expect(fake.requests.at(-1)?.outcome).toBe("cut");

    const broken = await stream(breaksAfter("Thirty d"));
    expect(broken.text).toBe("Thirty d");
    expect(broken.error).toBeInstanceOf(SyntaxError);

    expect((await stream(noChoices())).text).toBe("");
    const page = await stream(garbage());
    expect([page.text, page.chunks]).toEqual(["", []]);
  });

  it("can stall before the first byte; the caller's time-out is noticed here", async () => {
    const { error } = await stream(stallsAtOnce(), { timeout: 200 });
    expect(error).toBeInstanceOf(APIConnectionTimeoutError);
    await expect.poll(() => fake.requests.at(-1)?.outcome).toBe("clientLeft");
  });

  it("can stall in the middle until the caller hangs up", async () => {
    fake.script([stallsAfter("Thirty ")]);
    const response = await sdk().chat.completions.create({ ...question, stream: true });
    let text = "";
    for await (const chunk of response) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text === "Thirty ") break;
    }
    await expect.poll(() => fake.requests.at(-1)?.outcome).toBe("clientLeft");
  });
});

describe("errors from the fake", () => {
  it("tells a rate limit from an empty account", async () => {
    const limited = (await stream(rateLimited(1500))).error;
    expect(limited).toBeInstanceOf(RateLimitError);
    expect(limited).toMatchObject({ status: 429, code: "rate_limit_exceeded", type: "tokens" });
    expect(limited instanceof APIError && limited.headers?.get("retry-after-ms")).toBe("1500");
    expect((await stream(outOfQuota())).error).toMatchObject({ status: 429, code: "insufficient_quota", type: "insufficient_quota" });
  });

  it("can be passing: the SDK tries again and gets the next step of the script", async () => {
    fake.script([rateLimited(1), fails(503), fails(500), answers("Thirty days. [1]")]);
    const completion = await sdk(3).chat.completions.create(question);
    expect(completion.choices[0]?.message.content).toBe('{"action":"answer","answer":"Thirty days. [1]"}');
    expect(fake.requests).toHaveLength(4);
  });

  it("come for a missing key and an unknown address", async () => {
    await expect(
      fetch(`${fake.baseUrl}/chat/completions`, { method: "POST", body: "{}" }).then((response) => response.status),
    ).resolves.toBe(401);
    await expect(sdk().models.list()).rejects.toMatchObject({ status: 404 });
  });
});

describe("a whole chat answer from the fake", () => {
  const ask = (behaviour: Behaviour) => {
    fake.script([behaviour]);
    // The SDK's own time-out ends when headers arrive; only a signal also covers a body that never ends.
    return sdk().chat.completions.create(question, { signal: AbortSignal.timeout(1_000) });
  };

  it("has the shape the SDK knows", async () => {
    expect(await ask(answers("I need a person.", { action: "handoff" }))).toMatchObject({
      object: "chat.completion",
      choices: [
        {
          message: { role: "assistant", content: '{"action":"handoff","answer":"I need a person."}', refusal: null },
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
    });
    expect((await ask(refuses("No."))).choices[0]?.message).toMatchObject({ content: null, refusal: "No." });
    expect((await ask(noChoices())).choices).toEqual([]);
  });

  it("breaks in every way that a stream breaks", async () => {
    await expect(ask(stallsAtOnce())).rejects.toThrow(APIUserAbortError);
    await expect(ask(stallsAfter("x"))).rejects.toThrow(/abort/i);
    await expect(ask(cutsAfter("x"))).rejects.toThrow();
    await expect(ask(breaksAfter("x"))).rejects.toThrow(SyntaxError);
    expect(await ask(garbage())).toContain("Bad gateway");
  });
});

describe("scripts, rules and the record", () => {
  it("uses script steps first, then the newest rule that matches, then the default", async () => {
    const says2 = async (content: string) =>
      (await sdk().chat.completions.create({ ...question, messages: [{ role: "user", content }] })).choices[0]?.message.content;
    fake.when(() => true, says("any"));
    fake.when(
      (request) => JSON.stringify(request.body).includes("refund"),
      (request) => says(`refund by ${String(request.body?.model)}`),
    );
    fake.script([says("scripted")]);
    expect(await says2("refund?")).toBe("scripted");
    expect(await says2("refund?")).toBe("refund by gpt-4o");
    expect(await says2("hello")).toBe("any");
    fake.reset();
    expect(await says2("hello")).toContain("[1]");
  });

  it("records headers and bodies of all requests", async () => {
    await sdk().chat.completions.create({ ...question, temperature: 0.3 });
    await sdk().embeddings.create({ model: "text-embedding-3-small", input: "refund" });
    expect(fake.requests.map(({ endpoint, outcome }) => [endpoint, outcome])).toEqual([
      ["chat", "answered"],
      ["embeddings", "answered"],
    ]);
    expect(fake.requests[0]).toMatchObject({
      headers: { authorization: `Bearer ${fake.apiKey}` },
      body: { temperature: 0.3, messages: question.messages },
    });
  });

  it("stops answering after close, and close does not wait for those it stalls", async () => {
    const other = await createFakeOpenAi();
    other.script([stallsAtOnce()]);
    const client = new OpenAI({ baseURL: other.baseUrl, apiKey: "k", maxRetries: 0 });
    const pending = client.chat.completions.create(question).catch((error: unknown) => error);
    await expect.poll(() => other.requests.length).toBe(1);
    await other.close();
    expect(await pending).toBeInstanceOf(APIConnectionError);
    await expect(client.chat.completions.create(question)).rejects.toThrow(APIConnectionError);
  });
});

describe("embeddings from the fake", () => {
  const embed = (input: string[], options: { encoding_format?: "float" | "base64"; dimensions?: number } = {}) =>
    sdk().embeddings.create({ model: "text-embedding-3-small", input, ...options });

  it("are the same as numbers and as base64, which the SDK asks for on its own", async () => {
    const asNumbers = await embed(["return within 30 days"], { encoding_format: "float" });
    const asDefault = await embed(["return within 30 days"]);
    expect(fake.requests.map(({ body }) => body?.encoding_format)).toEqual(["float", "base64"]);
    expect(asDefault.data[0]?.embedding).toEqual(asNumbers.data[0]?.embedding);
    expect(asNumbers.data[0]?.embedding).toEqual(Array.from(fakeVector("return within 30 days", 1536)));
  });

  it("have the dimensions asked for and length 1, even for an empty text", async () => {
    const { data } = await embed(["refund", ""], { dimensions: 64 });
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    for (const { embedding } of data) {
      expect(embedding).toHaveLength(64);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
    }
  });

  it("lie close when words are shared and far when not", () => {
    const cosine = (a: string, b: string) => {
      const other = fakeVector(b, 1536);
      return fakeVector(a, 1536).reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
    };
    expect(cosine("return within 30 days", "may I return within days")).toBeGreaterThan(0.5);
    expect(cosine("return within 30 days", "opening hours of our shop")).toBeLessThan(0.2);
  });

  it("can fail as scripted", async () => {
    fake.scriptEmbeddings([outOfQuota()]);
    await expect(embed(["refund"])).rejects.toMatchObject({ status: 429, code: "insufficient_quota" });
    expect((await embed(["refund"])).data).toHaveLength(1);
  });
});
