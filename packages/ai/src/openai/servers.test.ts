import { type Behaviour, fails, garbage, says, streams } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi, type FakeOpenAi, type RecordedRequest } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AiError, type ChatPart, type ChatRequest } from "../provider.ts";
import { readAddress } from "./client.ts";
import { createOpenAiProvider, type OpenAiOptions } from "./provider.ts";

let fake: FakeOpenAi;
beforeAll(async () => {
  fake = await createFakeOpenAi();
});
afterAll(() => fake.close());
beforeEach(() => fake.reset());

const provider = (options: Partial<OpenAiOptions> = {}) =>
  createOpenAiProvider({
    apiKey: fake.apiKey,
    baseUrl: fake.baseUrl,
    model: "llama3.2",
    embeddingModel: "nomic-embed-text",
    retry: { retriesMax: 0, backoffMs: 5, waitMsMax: 500 },
    ...options,
  });
const request: ChatRequest = {
  question: "How long may I return it?",
  history: [
    { role: "user", text: "Hello" },
    { role: "assistant", text: "Hello! How can I help?" },
  ],
  passages: [{ index: 1, title: "Returns", headingPath: [], text: "Within 30 days." }],
  agent: { name: "Ada", systemPrompt: "", language: "auto" },
  model: null,
  temperature: 0.3,
  maxTokens: 200,
};
const reply = '{"action":"answer","answer":"Within 30 days. [1]"}';
const given = "Within 30 days. [1]";

async function ask(one = provider(), script: Behaviour[] = []) {
  fake.script(script);
  const parts: ChatPart[] = [];
  let error: unknown;
  try {
    for await (const part of one.chat.stream(request, {})) parts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  const of = <Type extends ChatPart["type"]>(type: Type) =>
    parts.filter((part): part is Extract<ChatPart, { type: Type }> => part.type === type);
  return {
    error,
    text: of("text")
      .map(({ text }) => text)
      .join(""),
    finish: of("finish")[0]?.reason,
    tries: of("try").map(({ outcome }) => outcome),
    logprobs: of("logprobs").flatMap(({ values }) => values),
    usage: of("usage")[0],
  };
}
const sent = (at: number): Record<string, unknown> => fake.requests.at(at)?.body ?? {};
const has = (name: string) => (call: RecordedRequest) => call.body?.[name] !== undefined;
const refused = (message: string) => fails(400, { message, type: "invalid_request_error" });
const piece = (delta: object, more: object = {}) => ({ id: "x", object: "chat.completion.chunk", choices: [{ index: 0, delta, ...more }] });
const stop = piece({}, { finish_reason: "stop" });

describe("a compatible server", () => {
  it.each<[server: string, parameter: string, Behaviour]>([
    ["has no stream options", "stream_options", refused("Unrecognized request argument supplied: stream_options")],
    ["gives no logprobs", "logprobs", refused("logprobs is not supported by this model")],
    ["takes no temperature", "temperature", refused("`temperature` is deprecated for this model.")],
    [
      "forbids extra fields in words of its own",
      "stream_options",
      garbage(
        '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}',
        "application/json",
        422,
      ),
    ],
    [
      "spells errors as old vLLM does",
      "logprobs",
      garbage('{"object":"error","message":"logprobs are disabled","type":"BadRequestError","code":400}', "application/json", 400),
    ],
  ])("that %s is asked without them from then on", async (_, parameter, refusal) => {
    fake.when(() => true, says(reply));
    fake.when(has(parameter), refusal);
    const one = provider();
    expect(await ask(one)).toMatchObject({ text: given, tries: ["dialect", "ok"] });
    expect(await ask(one)).toMatchObject({ text: given, tries: ["ok"] });
    expect(sent(-1)).not.toHaveProperty(parameter);
  });

  it("that takes neither schema nor JSON mode is asked in words, and its chatter around the object is passed over", async () => {
    fake.when(() => true, says(`Sure! Here is the {JSON} you want:\n\`\`\`json\n${reply}\n\`\`\`\nAnything else?`, { pieceChars: 5 }));
    fake.when(
      ({ body }) => body?.response_format !== undefined,
      refused("'response_format' of this type is not supported by this grammar backend"),
    );
    const one = provider();
    expect(await ask(one)).toMatchObject({ text: given, tries: ["dialect", "dialect", "ok"], finish: "stop" });
    expect(sent(-1)).not.toHaveProperty("response_format");
    for (const chatter of ["Within 30 days.", 'The action is {"action": "answer"', "{{{}}} {not: it}"]) {
      expect(await ask(one, [says(chatter)])).toMatchObject({ text: "", finish: "unparsable", error: undefined });
    }
  });

  it("whose template knows no system message gets the rules before the customer's first words, in turns", async () => {
    fake.when(() => true, says(reply));
    fake.when(({ body }) => JSON.stringify(body?.messages).includes('"role":"system"'), refused("System role not supported"));
    expect(await ask()).toMatchObject({ text: given, tries: ["dialect", "ok"] });
    const { messages } = sent(-1);
    expect(messages).toMatchObject([{ role: "user" }, { role: "assistant" }, { role: "user" }]);
    expect(JSON.stringify(messages)).toContain("Rules, which nothing");
  });

  it("that refuses both names of the limit gets none", async () => {
    fake.when(() => true, says(reply));
    for (const name of ["max_tokens", "max_completion_tokens"]) fake.when(has(name), refused(`unknown field "${name}"`));
    expect(await ask()).toMatchObject({ text: given, tries: ["dialect", "dialect", "ok"] });
  });

  it("that refuses for good is not asked for ever, and what was tried in vain is not remembered", async () => {
    fake.when(() => true, refused("I don't like your response_format, json, temperature, logprobs, max_tokens or stream_options"));
    const one = provider();
    const { error, tries } = await ask(one);
    expect(error).toMatchObject({ code: "bad_request" });
    expect(tries.length).toBeLessThan(12);
    fake.reset();
    await ask(one);
    expect(sent(0)).toMatchObject({ response_format: { type: "json_schema" }, temperature: 0.3 });
  });

  it("that leaves out the index, the usage and why it stopped is understood", async () => {
    const chunk = (content: string) => ({ choices: [{ delta: { content } }] });
    expect(await ask(provider(), [streams(chunk(reply.slice(0, 30)), chunk(reply.slice(30)))])).toMatchObject({
      text: given,
      finish: "stop",
      usage: { estimated: true },
    });
    const cut = await ask(provider(), [streams(chunk(reply.slice(0, 30)))]);
    expect(cut.error).toMatchObject({ code: "unavailable" });
  });

  it("that thinks aloud shows none of its thoughts, in a field of their own or in the text", async () => {
    const apart = streams(
      piece({ reasoning_content: "The customer {wants}…" }),
      piece({ reasoning: "So:" }),
      piece({ content: reply }),
      stop,
    );
    const inText = says(`<think>\nThe customer wants {"action":"answer","answer":"MY THOUGHTS"}.\n</think>\n\n${reply}`, { pieceChars: 3 });
    for (const thinking of [apart, inText]) expect(await ask(provider(), [thinking])).toMatchObject({ text: given, finish: "stop" });
  });

  it("whose thoughts used up the reply's tokens is asked again with room for them", async () => {
    const thoughts = streams(piece({ reasoning_content: "Hm…" }), piece({}, { finish_reason: "length" }));
    const one = provider();
    expect(await ask(one, [thoughts, says(reply)])).toMatchObject({ text: given, tries: ["dialect", "ok"] });
    expect(sent(0)).toMatchObject({ max_tokens: 200 });
    expect(sent(1)).toMatchObject({ max_tokens: 200 + 4096 });
    // All of it once more: the model is not asked for ever.
    expect(await ask(one, [thoughts])).toMatchObject({ text: "", finish: "length", tries: ["ok"] });
  });

  it("is spoken to as reasoning models want it when its name says that it is one", async () => {
    for (const model of ["o3-mini", "gpt-5-mini", "openai/o4-mini"]) {
      expect(await ask(provider({ model }), [says(reply)])).toMatchObject({ text: given, tries: ["ok"] });
      expect(sent(-1)).toMatchObject({ max_completion_tokens: 200 + 4096, reasoning_effort: "low" });
      for (const name of ["temperature", "logprobs", "max_tokens"]) expect(sent(-1)).not.toHaveProperty(name);
    }
  });
});

describe("logprobs", () => {
  it("are those of the answer's own words, not of the JSON around them", async () => {
    const tokens = ['{"', "action", '":"', "answer", '","', "answer", '":"', "Within", " 30", " days", '."}'];
    const content = tokens.map((token, at) => ({ token, logprob: -at, bytes: null, top_logprobs: [] }));
    const whole = streams(piece({ content: tokens.join("") }, { logprobs: { content } }), stop);
    const single = streams(...content.map((one) => piece({ content: one.token }, { logprobs: { content: [one] } })), stop);
    for (const script of [whole, single]) {
      expect(await ask(provider(), [script])).toMatchObject({ text: "Within 30 days.", logprobs: [-7, -8, -9, -10] });
    }
  });
});

describe("Azure", () => {
  it("is told by its address, in both of its forms and without either", () => {
    expect(readAddress("https://shop.openai.azure.com/openai/v1")).toMatchObject({
      kind: "azure-v1",
      baseUrl: "https://shop.openai.azure.com/openai/v1",
    });
    expect(readAddress("https://shop.services.ai.azure.com")).toMatchObject({
      kind: "azure-v1",
      baseUrl: "https://shop.services.ai.azure.com/openai/v1",
    });
    const classic = {
      kind: "azure",
      baseUrl: "https://shop.openai.azure.com/openai",
      deployment: "our gpt",
      query: { "api-version": "2024-06-01" },
    };
    expect(readAddress("https://shop.openai.azure.com/openai/deployments/our%20gpt?api-version=2024-06-01")).toEqual(classic);
    expect(readAddress("https://shop.openai.azure.com/openai/deployments/our%20gpt/chat/completions?api-version=2024-06-01")).toEqual(
      classic,
    );
    expect(readAddress("https://shop.openai.azure.com/openai?api-version=2024-06-01")).toEqual({ ...classic, deployment: null });
    for (const other of ["https://api.groq.com/openai/v1", "http://127.0.0.1:11434/v1", "https://gateway.example/v1?tenant=7"]) {
      expect(readAddress(other)).toMatchObject({ kind: "openai", baseUrl: other.split("?")[0] });
    }
  });

  it("is asked at each deployment's own path, with its key in its own header, and its first chunk without choices is no trouble", async () => {
    const base = fake.baseUrl.replace("/v1", "/openai/deployments/our-gpt?api-version=2024-06-01");
    const one = provider({ baseUrl: base, apiKey: "azure-key", model: "gpt-4o", embeddingModel: "our-embedder" });
    const filtered = { hate: { filtered: false, severity: "safe" } };
    const opening = {
      choices: [],
      id: "",
      model: "",
      object: "",
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: filtered }],
    };
    const word = piece({ content: reply }, { content_filter_results: filtered });
    expect(await ask(one, [streams(opening, word, stop)])).toMatchObject({ text: given, finish: "stop", usage: { estimated: true } });
    await one.embedder.embed(["a"], { kind: "query" });
    expect(fake.requests.map(({ path }) => path)).toEqual([
      "/openai/deployments/our-gpt/chat/completions?api-version=2024-06-01",
      "/openai/deployments/our-embedder/embeddings?api-version=2024-06-01",
    ]);
    for (const { headers } of fake.requests) expect([headers["api-key"], headers.authorization]).toEqual(["azure-key", undefined]);
  });

  it("that filters the question or the answer has declined", async () => {
    const message = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.";
    const question = await ask(provider(), [fails(400, { message, code: "content_filter" })]);
    expect(question).toMatchObject({ error: { code: "refused" }, tries: ["refused"] });
    const answer = await ask(provider(), [says('{"action":"answer","answer":"Well', { finish: "content_filter" })]);
    expect(answer).toMatchObject({ finish: "filtered" });
  });
});

describe("embedding models", () => {
  const embed = (options: Partial<OpenAiOptions> = {}, texts = ["refunds take a week", "a week for refunds"]) =>
    provider(options).embedder.embed(texts, { kind: "document" });
  const cosine = (a: Float32Array | undefined, b: Float32Array | undefined) =>
    a?.reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);

  it("that give shorter vectors are filled up with zeros, and stay as alike as they were", async () => {
    fake.giveVectorsOf(768);
    const [one, two] = await embed();
    expect(one).toHaveLength(1536);
    expect(one?.slice(768).every((value) => value === 0)).toBe(true);
    expect(cosine(one, two)).toBeCloseTo(0.75, 5); // Three of four words.
    expect(Math.hypot(...(one ?? []))).toBeCloseTo(1, 5);
    expect(sent(-1)).not.toHaveProperty("dimensions");
  });

  it("that give longer ones are refused with what to set, and work once it is set", async () => {
    fake.giveVectorsOf(4096);
    await expect(embed()).rejects.toThrow(/4096 numbers a vector.*OPENAI_EMBEDDING_DIMENSIONS/);
    expect(await embed({ embeddingDimensions: 1024 })).toHaveLength(2);
    expect(sent(-1)).toMatchObject({ dimensions: 1024 });
    expect(provider({ embeddingDimensions: 1024 }).embedder.id).toBe("openai:nomic-embed-text:1024");
  });

  it("that don't take the wish for a length are told apart from those that do", async () => {
    fake.giveVectorsOf(768);
    fake.scriptEmbeddings([refused("This model does not support matryoshka representation, changing output dimensions")]);
    await expect(embed({ embeddingDimensions: 512 })).rejects.toThrow(/768 numbers a vector, not the 512/);
  });

  it("are asked for numbers when they don't know base64, and for shorter texts when they read less", async () => {
    fake.scriptEmbeddings([refused("encoding_format base64 is not supported"), fails(500, { message: "input is too large to process" })]);
    const one = provider();
    expect(await one.embedder.embed(["word ".repeat(1600)], { kind: "document" })).toHaveLength(1);
    expect(sent(-1)).toMatchObject({ encoding_format: "float", input: [expect.any(String)] });
    expect(String(sent(-1).input).length).toBe(4000);
    expect(fake.requests).toHaveLength(3);
  });

  it("of before can still be asked, so that their vectors can be searched until all are made anew", async () => {
    const one = provider({ embeddingModel: "text-embedding-3-small" });
    expect(one.embedderOf(one.embedder.id)).toBe(one.embedder);
    const earlier = one.embedderOf("openai:qwen3-embedding:8b:1024");
    expect(earlier?.id).toBe("openai:qwen3-embedding:8b:1024");
    await earlier?.embed(["a"], { kind: "query" });
    expect(sent(-1)).toMatchObject({ model: "qwen3-embedding:8b", dimensions: 1024 });
    expect(one.embedderOf("local:hashed-1:1536")?.id).toBe("local:hashed-1:1536");
    expect(one.embedderOf("elsewhere:x")).toBeNull();
  });

  it("that give vectors of another length than before are another model, and are refused", async () => {
    const one = provider();
    fake.giveVectorsOf(768);
    await one.embedder.embed(["a"], { kind: "query" });
    fake.giveVectorsOf(384);
    await expect(one.embedder.embed(["a"], { kind: "query" })).rejects.toBeInstanceOf(AiError);
  });
});
