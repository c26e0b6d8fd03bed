/**
 * The numbers in square brackets: only those of passages that were in the prompt get through, also while the text is
 * still streaming. A bracket whose end has not come yet is held back until it is decided.
 *
 * @module
 */
import { analyze } from "./lexical/analyze.ts";
import { sentencesOf } from "./lexical/sentences.ts";

export interface CitationFilter {
  /** Takes a piece of answer, gives what may be shown now. */
  push(text: string): string;
  /** The rest, when no more comes; the blanks at the end are left out. All that was given is then the answer, trimmed. */
  end(): string;
  /** How many numbers were taken out so far. */
  removed(): number;
}

const complete = /([ \t]*)\[\s*(\d{1,6}(?:\s*[,;]\s*\d{1,6})*)\s*\]/gu;
/** What could still become a citation, or turn out to be the answer's end, with the blanks before it. A run longer than any citation is plain text. */
const undecided = /\s*(?:\[[\d,;\s]{0,40})?$/u;

/** A filter for one answer that may cite passages 1 to `passages`. `[1, 9]` with nine unknown becomes `[1]`. */
export function createCitationFilter(passages: number): CitationFilter {
  let held = "";
  let removed = 0;
  let begun = false;
  const fromStart = (text: string) => {
    const shown = begun ? text : text.trimStart();
    begun ||= shown !== "";
    return shown;
  };
  const check = (text: string) =>
    text.replace(complete, (_, blank: string, numbers: string) => {
      const all = numbers.split(/[,;]/u).map(Number);
      const valid = all.filter((number) => number >= 1 && number <= passages);
      removed += all.length - valid.length;
      return valid.length === 0 ? "" : blank + valid.map((number) => `[${number}]`).join("");
    });
  return {
    push(text) {
      held += text;
      const from = held.search(undecided);
      const decided = held.slice(0, from);
      held = held.slice(from);
      return fromStart(check(decided));
    },
    end() {
      // A bracket that never closed is shown only when no number stands in it.
      const rest = check(held).replace(/[ \t]*\[[\d,;\s]*$/u, (open) => (/\d/.test(open) ? "" : open));
      held = "";
      return fromStart(rest.trimEnd());
    },
    removed: () => removed,
  };
}

/** The numbers an answer cites, in the order they first come. */
export function citedNumbers(answer: string): number[] {
  return [...new Set([...answer.matchAll(/\[(\d{1,6})\]/gu)].map(([, number]) => Number(number)))];
}

const quoteCharsMax = 300;
/** A sentence of which the answer says this share is one that the answer repeats. */
const repeatedShare = 0.9;

/** The sentence of a passage that bears out what the answer says where it cites `number`. */
export function quoteFor(answer: string, number: number, passage: string): string {
  const wanted = new Set(saidBefore(answer, number).flatMap((text) => analyze(text).map(({ lexeme }) => lexeme)));
  let best = "";
  let bestScore = -1;
  for (const sentence of sentencesOf(passage)) {
    const lexemes = new Set(analyze(sentence).map(({ lexeme }) => lexeme));
    const shared = [...lexemes].filter((lexeme) => wanted.has(lexeme)).length;
    // An answer that repeats the passage begins with what matters most.
    if (lexemes.size > 2 && shared / lexemes.size >= repeatedShare) return clipQuote(sentence);
    const score = shared / Math.sqrt(lexemes.size + 3);
    if (score > bestScore) {
      best = sentence;
      bestScore = score;
    }
  }
  return clipQuote(best);
}

function clipQuote(sentence: string): string {
  return sentence.length > quoteCharsMax ? `${sentence.slice(0, quoteCharsMax).trimEnd()}…` : sentence;
}

/** What each citation of `number` stands for: all that was said since the citation or the paragraph before it. */
function saidBefore(answer: string, number: number): string[] {
  return [...answer.matchAll(/([^[]*?)((?:\s*\[\d{1,6}\])+)/gu)].flatMap(([, text = "", cited = ""]) =>
    cited.includes(`[${number}]`) ? [text.slice(text.lastIndexOf("\n\n") + 1)] : [],
  );
}
