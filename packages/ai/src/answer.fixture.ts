/**
 * A stage for answers: passages, a model that follows a script, and what came of a question.
 *
 * @module
 */
import { type AnswerDeps, type AnswerPart, type AnswerRequest, answer } from "./answer.ts";
import { createLocalProvider } from "./local/provider.ts";
import type { AiProvider, ChatPart, ChatRequest } from "./provider.ts";
import type { RetrievalHit, Retrieve } from "./retrieval.ts";

export const id = (index: number) => `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`;
export const hit = (index: number, text: string, fused: number): RetrievalHit => ({
  chunkId: id(index),
  documentId: id(100 + index),
  sourceId: id(200),
  ordinal: 0,
  title: "Returns",
  headingPath: [],
  text,
  page: null,
  scores: { vector: fused, text: fused * 10, fused },
  matched: ["return", "day"],
});
export const policy = "Returns are accepted within 30 days of purchase. Refunds take a week.";
export const knows =
  (...hits: RetrievalHit[]): Retrieve =>
  async () => ({ hits, corpus: { chunks: 10, documentFrequency: { return: 1, day: 1 } } });

interface Script {
  prior?: number;
  final?: number;
  says?: ChatPart[];
  /** What it says when it is asked again. */
  again?: ChatPart[];
  fails?: Error;
}
/** A provider that says what it is told to; `asked` are the requests it got. */
export function scripted({ prior = 0.9, final = prior, says = [], again = says, fails }: Script) {
  const asked: ChatRequest[] = [];
  const local = createLocalProvider();
  const provider: AiProvider = {
    name: "openai",
    embedder: local.embedder,
    embedderOf: local.embedderOf,
    confidence: { id: "scripted", threshold: 0.5, score: (features) => ("answered" in features ? final : prior) },
    chat: {
      id: "scripted-model",
      async *stream(request) {
        asked.push(request);
        yield* asked.length === 1 ? says : again;
        if (fails) throw fails;
      },
    },
  };
  return { provider, asked };
}
export const text = (...pieces: string[]): ChatPart[] => [
  { type: "action", action: "answer" },
  ...pieces.map((piece): ChatPart => ({ type: "text", text: piece })),
  { type: "usage", prompt: 10, completion: 5, estimated: false, price: { prompt: 1000, completion: 2000 } },
  { type: "finish", reason: "stop" },
];

export const request: AnswerRequest = {
  question: "Within how many days can I return it?",
  history: [],
  agent: { name: "Ada", systemPrompt: "", greeting: "", model: null, temperature: 0.3, maxTokens: 200, language: "auto", version: 3 },
  retrieval: { topK: 8, minScore: 0 },
  threshold: 0.5,
};

export async function run(
  provider: AiProvider,
  retrieve: Retrieve,
  change: Partial<AnswerRequest> = {},
  signal?: AbortSignal,
  ports: Partial<AnswerDeps> = {},
) {
  const parts: AnswerPart[] = [];
  const deps = { provider, retrieve, ...ports };
  for await (const part of answer(deps, { ...request, ...change }, signal ? { signal } : {})) parts.push(part);
  const last = parts.at(-1);
  if (last?.type !== "final") throw new Error("no result");
  return {
    shown: parts.flatMap((part) => (part.type === "delta" ? [part.text] : [])),
    result: last.result,
    finals: parts.filter(({ type }) => type === "final").length,
  };
}
