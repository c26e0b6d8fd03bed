import { createLocalProvider } from "@axon/ai/local/provider";
import { AiError, type AiProvider, type ChatPart, type ChatRequest } from "@axon/ai/provider";
import { describe, expect, it } from "vitest";
import type { ModelCall } from "./metrics.ts";
import { type ModelTry, observeProvider } from "./observed-provider.ts";

const request: ChatRequest = {
  question: "How long may I return it?",
  history: [],
  passages: [],
  agent: { name: "Ada", systemPrompt: "", language: "auto" },
  model: "small",
  temperature: 0,
  maxTokens: 100,
};

/** A provider whose model says these parts and then throws what it is given. */
function says(parts: ChatPart[], failure?: unknown): AiProvider {
  const stream = async function* () {
    yield* parts;
    if (failure !== undefined) throw failure;
  };
  return { ...createLocalProvider(), chat: { id: "large", stream } };
}

async function watch(provider: AiProvider, use: (observed: AiProvider) => Promise<unknown>): Promise<ModelCall[]> {
  const calls: ModelCall[] = [];
  const observed = observeProvider(provider, (call) => void calls.push(call));
  await use(observed).catch(() => {});
  return calls;
}

const read = async (provider: AiProvider, signal?: AbortSignal) => {
  const parts: ChatPart[] = [];
  for await (const part of provider.chat.stream(request, signal ? { signal } : {})) parts.push(part);
  return parts;
};

describe("a provider that is watched", () => {
  it("gives every part as it came, and is reported once with its times and tokens", async () => {
    const parts: ChatPart[] = [
      { type: "text", text: "Hello" },
      { type: "usage", prompt: 12, completion: 3, estimated: false, price: null },
      { type: "finish", reason: "stop" },
    ];
    const calls = await watch(says(parts), async (provider) => expect(await read(provider)).toEqual(parts));
    expect(calls).toEqual([
      {
        provider: "local",
        model: "small",
        kind: "chat",
        outcome: "ok",
        ms: expect.any(Number),
        firstTokenMs: expect.any(Number),
        promptTokens: 12,
        completionTokens: 3,
      },
    ]);
  });

  it("tells each try by its model, and takes none of them for the reply's first piece", async () => {
    const tries: ModelTry[] = [];
    const parts: ChatPart[] = [
      { type: "try", model: "small", outcome: "unavailable", ms: 5 },
      { type: "try", model: "stand-in", outcome: "ok", ms: 7 },
    ];
    const calls: ModelCall[] = [];
    const observed = observeProvider(
      says(parts),
      (call) => void calls.push(call),
      (tried) => void tries.push(tried),
    );
    expect(await read(observed)).toEqual(parts);
    expect(tries).toEqual([
      { provider: "local", model: "small", outcome: "unavailable" },
      { provider: "local", model: "stand-in", outcome: "ok" },
    ]);
    expect(calls).toMatchObject([{ firstTokenMs: null }]);
  });

  it("is reported with the vendor's trouble, a stop, and a reader who left", async () => {
    const text: ChatPart = { type: "text", text: "Hello" };
    const aborted = AbortSignal.abort(new Error("stop"));
    const outcomes = [
      await watch(says([text], new AiError("rate_limited", "busy")), (provider) => read(provider)),
      await watch(says([], new Error("bug")), (provider) => read(provider)),
      await watch(says([], new Error("stop")), (provider) => read(provider, aborted)),
      await watch(says([text, text]), async (provider) => {
        for await (const _ of provider.chat.stream(request, {})) break;
      }),
    ];
    expect(outcomes.map((calls) => calls.map(({ outcome }) => outcome))).toEqual([["rate_limited"], ["failed"], ["aborted"], ["aborted"]]);
  });

  it("is reported for embeddings too", async () => {
    const calls = await watch(createLocalProvider(), async (provider) => {
      await provider.embedder.embed(["a", "b"], { kind: "query" });
      await provider.embedderOf(provider.embedder.id)?.embed(["a"], { kind: "query" });
      expect(provider.embedderOf("unknown")).toBeNull();
    });
    expect(calls).toMatchObject(Array(2).fill({ kind: "embed", outcome: "ok", firstTokenMs: null }));
  });
});
