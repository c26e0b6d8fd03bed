/**
 * The third stage: the model writes, and what it writes goes to the customer sentence by sentence as far as the passages
 * bear it out. One try; whether there is a second is for the caller.
 *
 * @module
 */
import type { HandoffReason } from "@axon/contracts/answers";
import type { AnswerDeps, AnswerRequest } from "../answer.ts";
import { createCitationFilter } from "../citations.ts";
import { createGate, type Gate, type Stop } from "../grounding/gate.ts";
import { createLeakWatch } from "../grounding/leaks.ts";
import { createPlainText } from "../grounding/plain-text.ts";
import { readSources } from "../grounding/sources.ts";
import type { Vault } from "../pii/vault.ts";
import { fingerprint, instructionsOf } from "../prompt.ts";
import type { ChatRequest, PromptPassage } from "../provider.ts";
import type { Retrieval } from "../retrieval.ts";
import type { Tracer } from "../trace.ts";
import type { Prepared } from "./prepare.ts";

/** What one try came to. */
export interface Written {
  /** As it may be said; empty when nothing of it may. */
  text: string;
  gate: Gate;
  /** The model's own reason for not answering, or its broken format. */
  gaveUp: HandoffReason | null;
  /** Why what it wrote may not be given. */
  stopped: Stop | null;
  logprobs: number[];
  citationsRemoved: number;
  /** Words were shown that the text does not have. */
  torn: boolean;
}

export interface Writing {
  deps: AnswerDeps;
  request: AnswerRequest;
  prepared: Prepared;
  corpus: Retrieval["corpus"];
  vault: Vault;
  trace: Tracer;
  signal: AbortSignal | undefined;
}

/** What the second try is told about the first. */
export const notes = {
  false_promise:
    "Your last draft promised something that happens later, or said that you did something. Nobody will do it. Write the answer again from the passages alone, without any promise; if that is not possible, hand off.",
  language: (language: string | null) =>
    `Your last draft was in the wrong language. Write the whole answer in the language with the tag ${language ?? "of the customer's message"}, and in no other, translating what the passages say.`,
};

/** Yields what may be shown, if `live`. Throws `AiError` and the signal's reason. */
export async function* write(
  writing: Writing,
  options: { live: boolean; note: string | null; strict: boolean },
): AsyncGenerator<string, Written> {
  const { deps, prepared, vault, trace, signal } = writing;
  const chat: ChatRequest = { ...prepared.request, note: options.note };
  trace.prompt(fingerprint(chat));
  const parts = begin(trace.stream(deps.provider.chat.stream(chat, { ...(signal && { signal }) })));
  const gate = gateFor(writing, chat, options.strict);
  const filter = createCitationFilter(prepared.hits.length);
  const restorer = vault.restorer();
  const plain = createPlainText();
  const logprobs: number[] = [];
  let gaveUp: HandoffReason | null = null;
  let cutShort = false;
  for await (const part of parts) {
    if (part.type === "usage") trace.usage(part);
    else if (part.type === "try") trace.tried(part);
    else if (part.type === "logprobs") logprobs.push(...part.values);
    else if (part.type === "refusal") gaveUp = "model_refused";
    else if (part.type === "action" && part.action === "handoff") gaveUp ??= "model_asked";
    else if (part.type === "finish") {
      if (part.reason === "unparsable") gaveUp ??= "model_unparsable";
      if (part.reason === "filtered") gaveUp = "model_refused";
      cutShort = part.reason === "length";
    } else if (part.type === "text" && gaveUp === null) {
      const shown = gate.push(filter.push(plain.push(restorer.push(part.text))));
      if (options.live && shown) yield shown;
    }
  }
  signal?.throwIfAborted();
  if (gaveUp === null) {
    const shown = gate.push(filter.push(plain.push(restorer.end()) + plain.end()) + filter.end()) + (cutShort ? gate.cut() : gate.end());
    if (options.live && shown.trimEnd()) yield shown.trimEnd();
  }
  return {
    text: gaveUp === null && gate.stopped() === null ? gate.text().trim() : "",
    gate,
    gaveUp,
    stopped: gate.stopped(),
    logprobs,
    citationsRemoved: filter.removed() + gate.corrected(),
    torn: gate.torn(),
  };
}

/** Asks at once, so that the passages are read while the model thinks. */
function begin<Part>(parts: AsyncGenerator<Part>): AsyncGenerator<Part> {
  const first = parts.next();
  first.catch(() => {}); // Whoever reads the parts gets it thrown.
  return (async function* () {
    try {
      for (let next = await first; !next.done; next = await parts.next()) yield next.value;
    } finally {
      await parts.return(undefined);
    }
  })();
}

function gateFor({ request, prepared, corpus }: Writing, chat: ChatRequest, strictLanguage: boolean): Gate {
  const passages = passagesOf(prepared);
  const { agent } = request;
  const asked = [request.question, ...request.history.map(({ text }) => text)].join("\n");
  const texts = passages.map(({ title, headingPath, text }) => [title, ...headingPath, text].join("\n"));
  const sources = readSources({
    passages,
    corpus,
    question: asked,
    settings: [agent.name, agent.systemPrompt, agent.greeting ?? ""].join("\n"),
  });
  const leaks = createLeakWatch(instructionsOf(chat, "passages"), [...texts, asked, agent.greeting ?? ""].join("\n"));
  return createGate({ sources, leaks, passages: texts, language: prepared.language, strictLanguage });
}

/** The passages with everything that was hidden from the model: what it says is held against them after it is restored. */
export function passagesOf({ hits }: Pick<Prepared, "hits">): PromptPassage[] {
  return hits.map(({ title, headingPath, text }, place) => ({ index: place + 1, title, headingPath, text }));
}
