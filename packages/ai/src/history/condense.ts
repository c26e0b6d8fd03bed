/**
 * A long talk made short without a model: the last turns as they are, those before as one line each that keeps what is
 * asked and every number, name and address; the oldest are left out. The same talk always gives the same lines.
 *
 * @module
 */
import type { HistoryTurn } from "@axon/contracts/answers";
import { codesIn, linksIn, namesIn, numbersStated } from "../grounding/facts.ts";
import { detectLanguage } from "../language/detect.ts";
import { sentencesOf } from "../lexical/sentences.ts";
import type { Count } from "../tokens.ts";

export interface TalkTurn extends HistoryTurn {
  /** Set on the last turn before the talk was resolved or handed over: what came until then is another matter. */
  boundary?: boolean;
}

export interface CondensedHistory {
  turns: HistoryTurn[];
  condensed: number;
  dropped: number;
}

/** Turns that are shown whole, how many characters of each, and how many turns before them in one line. */
const wholeTurnsMax = 6;
const wholeCharsMax = 1500;
const linesMax = 14;
const lineCharsMax = 200;
/** Facts that a line keeps beside its sentence. */
const factsMax = 12;
/** What a turn costs beside its text, in tokens. */
const tokensPerTurn = 4;

/** The turns after the last boundary. */
export function scopeOf(history: readonly TalkTurn[]): HistoryTurn[] {
  const last = history.findLastIndex(({ boundary }) => boundary === true);
  return history.slice(last + 1).map(({ role, text }) => ({ role, text }));
}

/** As much of the talk as fits into `tokensMax`, newest first; `count` is asked for each line that may go in. */
export function condenseHistory(history: readonly HistoryTurn[], tokensMax: number, count: Count): CondensedHistory {
  const turns: HistoryTurn[] = [];
  let left = tokensMax;
  let condensed = 0;
  const newestFirst = history.slice(-(wholeTurnsMax + linesMax)).toReversed();
  for (const [age, turn] of newestFirst.entries()) {
    const whole = age < wholeTurnsMax ? clip(turn.text, wholeCharsMax) : null;
    const line = lineOf(turn.text);
    const text = [whole, line].find((one) => one !== null && count(one) + tokensPerTurn <= left);
    if (text === undefined || text === null) break;
    if (text !== turn.text) condensed += 1;
    left -= count(text) + tokensPerTurn;
    turns.push({ role: turn.role, text });
  }
  turns.reverse();
  return { turns, condensed, dropped: history.length - turns.length };
}

/** One line: the question if there is one, else the first sentence, and the facts of the rest. */
function lineOf(text: string): string {
  if (text.length <= lineCharsMax && !text.includes("\n")) return text;
  const sentences = sentencesOf(text);
  const head = clip(sentences.find((sentence) => /[?？؟]\s*$/u.test(sentence)) ?? sentences[0] ?? "", lineCharsMax);
  const facts = factsOf(text).filter((fact) => !head.includes(fact));
  return facts.length === 0 ? head : `${head} (${facts.slice(0, factsMax).join(", ")})`;
}

function factsOf(text: string): string[] {
  const language = detectLanguage(text);
  // Tokens that stand for personal data are codes to whoever reads them: they are kept as they are.
  const tokens = text.match(/\[\[[A-Z]+_\d+\]\]/gu) ?? [];
  return [...new Set([...tokens, ...linksIn(text), ...codesIn(text), ...numbersStated(text), ...namesIn(text, language)])];
}

function clip(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax).replace(/[\uD800-\uDBFF]$/u, "")}…` : text;
}
