import { describe, expect, it } from "vitest";
import { hit, id, knows, policy, request, run, scripted, text } from "./answer.fixture.ts";
import { createLocalProvider } from "./local/provider.ts";
import { AiError, type AiProvider, type ChatPart } from "./provider.ts";
import type { Retrieve } from "./retrieval.ts";

describe("answering a customer", () => {
  it("streams the words as they come, then cites what it used", async () => {
    const { provider } = scripted({ says: text("Within ", "30 days", " [1", "].") });
    const { shown, result, finals } = await run(provider, knows(hit(1, policy, 0.8)));
    expect(shown.join("")).toBe("Within 30 days [1].");
    expect(shown.length).toBeGreaterThan(1);
    expect(finals).toBe(1);
    expect(result).toMatchObject({ action: "answer", text: "Within 30 days [1].", reason: null, confidence: 0.9 });
    expect(result.citations).toEqual([
      { index: 1, documentId: id(101), title: "Returns", chunkId: id(1), quote: "Returns are accepted within 30 days of purchase." },
    ]);
    expect(result.trace).toMatchObject({
      provider: "openai",
      model: "scripted-model",
      agentVersion: 3,
      tokens: { prompt: 10, completion: 5 },
      cost: { usd: 0.02, prices: [{ prompt: 1000, completion: 2000 }] },
      handoffReason: null,
    });
    expect(result.trace.promptHash).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(result.trace.confidence.inputs).length).toBeGreaterThan(20);
  });

  it("has no cost where a model's price is not known", async () => {
    const says = text("Within 30 days [1].").map((part) => (part.type === "usage" ? { ...part, price: null } : part));
    const { result } = await run(scripted({ says }).provider, knows(hit(1, policy, 0.8)));
    expect(result.trace).toMatchObject({ cost: null, tokens: { prompt: 10, completion: 5 } });
  });

  it("never shows a citation of a passage that it did not have", async () => {
    const { provider } = scripted({ says: text("Within 30 days [1] [", "7]. And [2", "] more [1].") });
    const { shown, result } = await run(provider, knows(hit(1, policy, 0.8)));
    expect(shown.join("")).toBe("Within 30 days [1]. And more [1].");
    expect(result.trace.citationsRemoved).toBe(2);
  });

  it("shows nothing before the search alone is sure enough", async () => {
    const { provider } = scripted({ prior: 0.4, final: 0.8, says: text("Within 30 days [1].") });
    const { shown, result } = await run(provider, knows(hit(1, policy, 0.8)));
    expect(shown).toEqual([]);
    expect(result).toMatchObject({ action: "answer", text: "Within 30 days [1]." });
  });

  it("hands over rather than say what it is not sure of", async () => {
    const { provider } = scripted({ prior: 0.4, says: text("Within 30 days [1].") });
    const { shown, result } = await run(provider, knows(hit(1, policy, 0.8)));
    expect(shown).toEqual([]);
    expect(result).toMatchObject({
      action: "handoff",
      reason: "low_confidence",
      text: "",
      confidence: 0.4,
      trace: { handoffReason: "low_confidence" },
    });
  });

  it("does not ask the model about what the knowledge does not hold", async () => {
    for (const retrieve of [knows(), knows(hit(1, policy, 0.1))]) {
      const { provider, asked } = scripted({ prior: 0.01, says: text("guess [1]") });
      expect((await run(provider, retrieve)).result).toMatchObject({ action: "handoff", reason: "no_knowledge" });
      expect(asked).toEqual([]);
    }
  });

  it("keeps passages below the agent's floor and past its number out of the prompt", async () => {
    const { provider, asked } = scripted({ says: text("x [1]") });
    const { result } = await run(provider, knows(hit(1, policy, 0.9), hit(2, policy, 0.8), hit(3, policy, 0.2)), {
      retrieval: { topK: 1, minScore: 0.5 },
    });
    expect(asked[0]?.passages.map(({ index, text: body }) => [index, body])).toEqual([[1, policy]]);
    expect(result.trace.hits.map(({ inPrompt }) => inPrompt)).toEqual([true, false, false]);
  });

  it("keeps the passages within the token budget", async () => {
    const { provider, asked } = scripted({ says: text("x [1]") });
    await run(provider, knows(...Array.from({ length: 20 }, (_, index) => hit(index, "long words here ".repeat(300), 0.9))), {
      retrieval: { topK: 20, minScore: 0 },
    });
    const count = asked[0]?.passages.length ?? 0;
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThan(12);
  });

  it.each<[string, ChatPart[], string]>([
    [
      "refuses",
      [
        { type: "refusal", text: "I cannot" },
        { type: "finish", reason: "stop" },
      ],
      "model_refused",
    ],
    ["is filtered", [{ type: "finish", reason: "filtered" }], "model_refused"],
    [
      "asks for a person",
      [
        { type: "action", action: "handoff" },
        { type: "finish", reason: "stop" },
      ],
      "model_asked",
    ],
    [
      "breaks the format",
      [
        { type: "action", action: "answer" },
        { type: "text", text: "Within" },
        { type: "finish", reason: "unparsable" },
      ],
      "model_unparsable",
    ],
    ["says nothing", text(), "model_unparsable"],
    ["cites nothing and says what no passage does", text("Shipping costs nothing."), "model_uncited"],
    [
      "is cut in its first sentence",
      [
        { type: "action", action: "answer" },
        { type: "text", text: "Within thirty" },
        { type: "finish", reason: "length" },
      ],
      "model_unparsable",
    ],
  ])("hands over when the model %s", async (_, says, reason) => {
    const { result } = await run(scripted({ says }).provider, knows(hit(1, policy, 0.8)));
    expect(result).toMatchObject({ action: "handoff", reason, text: "", citations: [] });
  });

  it("keeps the whole sentences of an answer that ran out of room", async () => {
    const says: ChatPart[] = [
      { type: "action", action: "answer" },
      { type: "text", text: "Within 30 days [1]. Refunds ta" },
      { type: "finish", reason: "length" },
    ];
    const { result } = await run(scripted({ says }).provider, knows(hit(1, policy, 0.8)));
    expect(result).toMatchObject({ action: "answer", text: "Within 30 days [1]." });
  });

  it("turns the model's trouble into a handoff that says why, even halfway", async () => {
    const fails = new AiError("quota", "no credit left");
    const { result, shown, finals } = await run(
      scripted({ says: text("Within 30").slice(0, 2), fails }).provider,
      knows(hit(1, policy, 0.8)),
    );
    expect(shown).toEqual(["Within"]);
    expect(finals).toBe(1);
    expect(result).toMatchObject({ action: "handoff", reason: "ai_error", trace: { error: { code: "quota", message: "no credit left" } } });
  });

  it("does not hide a failure that is not the model's", async () => {
    const broken: Retrieve = async () => {
      throw new Error("database gone");
    };
    await expect(run(scripted({}).provider, broken)).rejects.toThrow("database gone");
  });

  it("stops with the caller's reason", async () => {
    const stop = new AbortController();
    const reason = new Error("superseded");
    const says = text("Within ", "30 days [1]");
    const { provider } = scripted({ says });
    const stopping: AiProvider = {
      ...provider,
      chat: {
        id: "x",
        async *stream() {
          yield* says.slice(0, 2);
          stop.abort(reason);
          throw new AiError("aborted", "stopped");
        },
      },
    };
    await expect(run(stopping, knows(hit(1, policy, 0.8)), {}, stop.signal)).rejects.toBe(reason);
    await expect(run(provider, knows(hit(1, policy, 0.8)), {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("lets a customer have a person without asking the model", async () => {
    const { provider, asked } = scripted({ says: text("x [1]") });
    expect((await run(provider, knows(hit(1, policy, 0.8)), { question: "Can I talk to a human?" })).result).toMatchObject({
      action: "handoff",
      reason: "customer_asked",
    });
    expect(asked).toEqual([]);
  });

  it("greets back with the agent's greeting and never hands over a hello", async () => {
    const { provider } = scripted({ prior: 0 });
    const hello = await run(provider, knows(), { question: "Hi!", agent: { ...request.agent, greeting: "Welcome to Acme!" } });
    expect(hello.result).toMatchObject({ action: "answer", text: "Welcome to Acme!", reason: null });
    expect((await run(provider, knows(), { question: "thanks" })).result.action).toBe("answer");
  });
});

describe("the built-in provider", () => {
  it("answers from the passages, word for word and cited", async () => {
    const local = createLocalProvider();
    const { shown, result } = await run(local, knows(hit(1, policy, 0.8), hit(2, "Shipping is free.", 0.2)), { threshold: 0 });
    expect(result).toMatchObject({ action: "answer", text: "Returns are accepted within 30 days of purchase. Refunds take a week. [1]" });
    expect(shown.join("").trim()).toBe(result.text);
    expect(shown.length).toBeGreaterThan(5);
    expect(result.trace).toMatchObject({ provider: "local", model: "local-extractive-1" });
  });

  it("hands over when the passages do not speak of what was asked", async () => {
    const { result } = await run(createLocalProvider(), knows(hit(1, "Shipping is free.", 0.8)), {
      threshold: 0,
      question: "Which zebra dances quickly?",
    });
    expect(result.action).toBe("handoff");
  });

  it("answers with what follows a question that stands in the passage", async () => {
    const faq = "How do I reset my password? Click the link on the sign-in page. It is valid for an hour.";
    const { result } = await run(createLocalProvider(), knows(hit(1, faq, 0.8)), { threshold: 0, question: "How do I reset my password?" });
    expect(result.text).toContain("Click the link");
    expect(result.text).not.toContain("How do I");
  });
});
