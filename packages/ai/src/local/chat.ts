/**
 * An answer without a model: the sentences of the passages that say most of what was asked, word for word and cited.
 * It sees what a real model would see, adds nothing of its own, and hands over when the passages do not speak of it.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { analyze } from "../lexical/analyze.ts";
import { sentencesOf } from "../lexical/sentences.ts";
import type { ChatModel, ChatPart, ChatRequest, PromptPassage } from "../provider.ts";

/** Passages that are read for an answer, best first, and how many are quoted. */
const passagesReadMax = 5;
const quotesMax = 2;
/** A quote goes on with the sentences that follow until it is this long. */
const quoteCharsWanted = 320;
const quoteCharsMax = 900;
/** A second quote must say this share of what the first leaves open. */
const secondShareMin = 0.5;

interface Quote {
  index: number;
  text: string;
  /** Which of the question's words it holds, its title and headings included. */
  words: ReadonlySet<string>;
  score: number;
}

export function createLocalChat(): ChatModel {
  return {
    id: "local-extractive-1",
    async *stream(request, { signal }) {
      signal?.throwIfAborted();
      const text = compose(request);
      yield { type: "action", action: text ? "answer" : "handoff" };
      for (const word of text.match(/\S+\s*/gu) ?? []) {
        yield { type: "text", text: word };
        await setImmediate();
        signal?.throwIfAborted();
      }
      yield { type: "usage", prompt: 0, completion: 0, estimated: false, price: { prompt: 0, completion: 0 } } satisfies ChatPart;
      yield { type: "finish", reason: "stop" };
    },
  };
}

/** The answer; empty when nothing that was asked stands in the passages. */
function compose({ question, passages, maxTokens }: ChatRequest): string {
  const read = passages.slice(0, passagesReadMax);
  const worth = worthOf(question, read);
  const quotes = read.flatMap((passage, place) => quoteOf(passage, place, worth)).sort((a, b) => b.score - a.score);
  const [first, ...others] = quotes;
  if (!first) return "";
  const open = [...worth].filter(([word]) => !first.words.has(word));
  const second = others.find(({ words }) => share(open, words) >= secondShareMin && open.length > 0);
  return [first, ...(second ? [second] : [])]
    .slice(0, quotesMax)
    .map(({ text, index }) => cite(clip(text, Math.min(quoteCharsMax, maxTokens * 3)), index))
    .join("\n\n");
}

/** The question's words and how rare each is among the passages; a question of small words only has none. */
function worthOf(question: string, passages: readonly PromptPassage[]): Map<string, number> {
  const sets = passages.map(
    ({ title, headingPath, text }) => new Set(analyze([title, ...headingPath, text].join("\n")).map(({ lexeme }) => lexeme)),
  );
  return new Map(
    analyze(question).map(({ lexeme }) => {
      const frequency = sets.filter((words) => words.has(lexeme)).length;
      return [lexeme, Math.log(1 + (passages.length + 1) / (frequency + 0.5))];
    }),
  );
}

/** The best run of sentences of a passage; none when it holds nothing of the question. */
function quoteOf(passage: PromptPassage, place: number, worth: ReadonlyMap<string, number>): Quote[] {
  const sentences = sentencesOf(passage.text);
  const all = [...worth];
  const naming = new Set(analyze([passage.title, ...passage.headingPath].join("\n")).map(({ lexeme }) => lexeme));
  const found = sentences.map((sentence) => new Set(analyze(sentence).map(({ lexeme }) => lexeme)));
  // A sentence that only repeats the question is no answer; the one after it is.
  const scores = sentences.map((sentence, index) => share(all, found[index] ?? new Set()) * (/[?？؟]\s*$/u.test(sentence) ? 0.6 : 1));
  const best = scores.indexOf(Math.max(...scores));
  const named = share(all, naming);
  if (best < 0 || (named === 0 && (scores[best] ?? 0) === 0)) return [];
  // Where the title asks the question itself, the answer begins with the passage.
  let start = named >= 0.6 && named >= (scores[best] ?? 0) ? 0 : best;
  if (/[?？؟]\s*$/u.test(sentences[start] ?? "") && start + 1 < sentences.length) start += 1;
  let end = start + 1;
  while (end < sentences.length && sentences.slice(start, end + 1).join(" ").length <= quoteCharsWanted) end += 1;
  const words = new Set([...naming, ...found.slice(start, end).flatMap((set) => [...set])]);
  return [
    {
      index: passage.index,
      text: sentences.slice(start, end).join(" "),
      words,
      score: share(all, words) + (scores[best] ?? 0) - 0.08 * place,
    },
  ];
}

function share(worth: readonly (readonly [string, number])[], words: ReadonlySet<string>): number {
  const all = worth.reduce((sum, [, value]) => sum + value, 0);
  const found = worth.reduce((sum, [word, value]) => sum + (words.has(word) ? value : 0), 0);
  return all === 0 ? 0 : found / all;
}

/** The quote with its number. Numbers in brackets that were in the text are not citations of ours. */
function cite(text: string, index: number): string {
  return `${text.replace(/\[(\d+)\]/gu, "($1)")} [${index}]`;
}

function clip(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const head = text.slice(0, charsMax);
  return `${head.slice(0, Math.max(head.search(/\s\S*$/u), charsMax / 2)).trimEnd()}…`;
}
