/**
 * The passages of a prompt, read once for judging every sentence of the answer: their words, numbers, links and codes,
 * and the language each is in.
 *
 * @module
 */
import { detectLanguage } from "../language/detect.ts";
import { analyze } from "../lexical/analyze.ts";
import { sentencesOf } from "../lexical/sentences.ts";
import type { PromptPassage } from "../provider.ts";
import type { Retrieval } from "../retrieval.ts";
import { condense, linksIn, negationsIn, numbersHeld } from "./facts.ts";

export interface GroundingInput {
  passages: readonly PromptPassage[];
  /** For weighing words by how rare they are; without it all weigh the same. */
  corpus?: Retrieval["corpus"];
  /** What the customer wrote, the talk so far included: an answer may name its order number. */
  question?: string;
  /** The agent's own settings, whose links and numbers it may give. */
  settings?: string;
}

/** What a text holds that is compared. */
interface Held {
  lexemes: ReadonlySet<string>;
  numbers: ReadonlySet<string>;
  links: readonly string[];
  /** Letters and digits alone, in capitals: a code may be written with blanks or dashes, or small. */
  condensed: string;
}

export interface Source extends Held {
  index: number;
  language: string | null;
  sentences: readonly { lexemes: ReadonlySet<string>; denials: number }[];
}

export interface Sources {
  all: readonly Source[];
  /** Words of all passages together. */
  lexemes: ReadonlySet<string>;
  /** Every word as it is written, lower case: what may be shown before its sentence is judged. */
  words: ReadonlySet<string>;
  numbers: ReadonlySet<string>;
  asked: Held;
  own: Held;
  worth(lexeme: string): number;
}

/** As the confidence features weigh words: a word nobody counted is taken for middling. */
const imaginedChunks = 50;

export function readSources({ passages, corpus, question = "", settings = "" }: GroundingInput): Sources {
  const all = passages.map(sourceOf);
  const chunks = (corpus?.chunks ?? 0) + imaginedChunks;
  return {
    all,
    lexemes: new Set(all.flatMap(({ lexemes }) => [...lexemes])),
    words: new Set(passages.flatMap((passage) => wordsOf(textOf(passage)))),
    numbers: new Set(all.flatMap(({ numbers }) => [...numbers])),
    asked: heldBy(question),
    own: heldBy(settings),
    worth: (lexeme) => {
      const frequency = corpus?.documentFrequency[lexeme];
      return frequency === undefined ? Math.log(1 + chunks / 4) : Math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5));
    },
  };
}

/** Words as they are written, lower case. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu) ?? []
  );
}

export function lexemesOf(text: string): string[] {
  return analyze(text).map(({ lexeme }) => lexeme);
}

function textOf({ title, headingPath, text }: PromptPassage): string {
  return [title, ...headingPath, text].join("\n");
}

function sourceOf(passage: PromptPassage): Source {
  const text = textOf(passage);
  return {
    index: passage.index,
    ...heldBy(text),
    language: detectLanguage(passage.text),
    sentences: sentencesOf(passage.text).map((sentence) => ({
      lexemes: new Set(lexemesOf(sentence)),
      denials: negationsIn(sentence),
    })),
  };
}

function heldBy(text: string): Held {
  return {
    lexemes: new Set(lexemesOf(text)),
    numbers: numbersHeld(text),
    links: linksIn(text),
    condensed: condense(text),
  };
}
