/**
 * Judges one sentence of an answer: is what it says borne out by the passages? Words by how many of them a passage has,
 * the rare ones weighing more; numbers, links, codes and names letter for letter. Deterministic, and blind to meaning:
 * a claim in other words passes when enough of its words are there, and a wrong one that reuses all the right words
 * does not when its number, its name or its "not" is wrong.
 *
 * @module
 */
import { nearCoverage } from "../confidence/near-words.ts";
import { detectLanguage } from "../language/detect.ts";
import { hasToken } from "../pii/vault.ts";
import { codesIn, condense, linksIn, namesIn, negationsIn, numbersStated, withoutMarks } from "./facts.ts";
import { lexemesOf, type Source, type Sources } from "./sources.ts";
import { isTalk } from "./talk.ts";

/** What is wrong with a sentence that is not borne out. */
export type Fault = "words" | "number" | "link" | "code" | "name" | "negation" | "token";

export interface Judged {
  /** `talk` states nothing and needs no source. */
  kind: "claim" | "talk";
  /** The weighed share (0..1) of its words that the best passage has; 1 for talk. */
  support: number;
  /** The passage that bears it out best, by its number; null when none does. */
  by: number | null;
  /** The numbers it cites, and the support of the best passage among them; 1 when it cites none. */
  cited: number[];
  citedSupport: number;
  /** null: it may be said. */
  fault: Fault | null;
}

/**
 * The share of a claim's words that a passage must have. Judged against their own passages, 895 of 919 sentences of the
 * reference answers of two evaluation sets (clapnq, mtrag) are borne out; against passages of other questions 3 and 31 of
 * a hundred are.
 */
const supportMin = 0.45;
/** What a claim in another language than its passage counts as: its words cannot be compared, its facts were. */
const foreignSupport = 0.5;
/** Fewer words before a colon only lead to what follows: "Good news:". */
const smuggledWordsMin = 3;
/** A sentence that repeats one of the passage to this share, both ways, says the same: or, with a "not" more, the opposite. */
const sameSentenceShare = 0.85;
/** Shorter numbers that only the customer named are no source: "after 90 days?" is not answered by "yes, after 90 days". */
const identifierDigitsMin = 5;

export function judgeSentence(sentence: string, sources: Sources): Judged {
  const cited = [...new Set([...sentence.matchAll(/\[(\d{1,6})\]/gu)].map(([, number]) => Number(number)))];
  const bare = sentence.replace(/\s*\[\d{1,6}\]/gu, "");
  if (hasToken(bare)) return { kind: "claim", support: 0, by: null, cited, citedSupport: 1, fault: "token" };
  // Numbers are compared as numbers, not as words.
  const lexemes = [...new Set(lexemesOf(withoutMarks(bare)))].filter((lexeme) => !/^(?:[\d.,]+|am|pm)$/u.test(lexeme));
  const numbers = numbersStated(bare);
  const talk = isTalk(bare) || (lexemes.length === 0 && numbers.length === 0);
  const fact = wrongFact(bare, talk ? [] : numbers, sources);
  if (talk) return { kind: "talk", support: fact ? 0 : 1, by: null, cited, citedSupport: 1, fault: fact };
  const language = detectLanguage(bare);
  const foreign = isForeign(language, cited, sources);
  const scored = sources.all
    .map((source) => ({ source, support: scoreOf(lexemes, numbers, source, sources) }))
    .toSorted((one, other) => other.support - one.support);
  const [best] = scored;
  const support = Math.max(best?.support ?? 0, foreign ? foreignSupport : 0);
  // A claim may put two passages together; all of its words then stand in them jointly.
  const together = Math.max(support, 0.8 * nearCoverage(lexemes, sources.lexemes, sources.worth));
  const by = best && best.support > 0 ? best.source.index : null;
  const fault = fact ?? (foreign ? null : wrongWords(bare, language, lexemes, together, best?.source, sources));
  const named = scored.filter(({ source }) => cited.includes(source.index)).map((one) => one.support);
  const citedSupport = foreign || named.length === 0 ? 1 : Math.max(...named);
  return { kind: "claim", support: together, by, cited, citedSupport, fault };
}

/** The share of a claim's words and numbers that the source has. */
function scoreOf(lexemes: readonly string[], numbers: readonly string[], source: Source, { worth }: Sources): number {
  const words = nearCoverage(lexemes, source.lexemes, worth);
  if (numbers.length === 0) return words;
  const held = numbers.filter((number) => source.numbers.has(number)).length / numbers.length;
  return lexemes.length === 0 ? held : words * (0.7 + 0.3 * held);
}

/** True when the sentence is in a language that no passage it may rest on is in, so that words cannot be compared. */
function isForeign(language: string | null, cited: readonly number[], { all }: Sources): boolean {
  if (language === null) return false;
  const named = all.filter(({ index }) => cited.includes(index));
  const of = named.length > 0 ? named : all;
  return of.length > 0 && of.every((source) => source.language !== null && source.language !== language);
}

/** What can be compared letter for letter, whatever the language. */
function wrongFact(bare: string, numbers: readonly string[], { all, asked, own, numbers: held }: Sources): Fault | null {
  const linked = (link: string) => [asked.links, own.links, ...all.map(({ links }) => links)].some((links) => links.includes(link));
  if (!linksIn(bare).every(linked)) return "link";
  const coded = (code: string) => [asked, own, ...all].some(({ condensed }) => condensed.includes(condense(code)));
  if (!codesIn(bare).every(coded)) return "code";
  // The agent's settings may give a telephone number; terms are for the passages to give.
  const borne = numbers.filter((number) => held.has(number) || (number.length >= identifierDigitsMin && own.numbers.has(number)));
  const missing = numbers.filter((number) => !borne.includes(number));
  const denies = negationsIn(bare) > 0 || /^\s*(?:no|nein|non|não|nee|hayır|нет|いいえ|لا|नहीं)[,.!]/iu.test(bare);
  const mayRepeat = (number: string) => asked.numbers.has(number) && (number.length >= identifierDigitsMin || denies || borne.length > 0);
  return missing.every(mayRepeat) ? null : "number";
}

function wrongWords(
  bare: string,
  language: string | null,
  lexemes: readonly string[],
  support: number,
  best: Source | undefined,
  sources: Sources,
): Fault | null {
  if (support < supportMin || smuggles(bare, sources)) return "words";
  const known = (name: string) => {
    const parts = lexemesOf(name);
    return parts.every((part) => sources.lexemes.has(part) || sources.asked.lexemes.has(part) || sources.own.lexemes.has(part));
  };
  // Two names that nobody mentioned are not a matter of style any more; one may be a word with a capital.
  if (namesIn(bare, language).filter((name) => !known(name)).length > 1) return "name";
  if (best && turnsRound(bare, lexemes, best)) return "negation";
  return null;
}

/** Does a claim open with another that the passages have no word of ("Your account is unlocked: returns take 30 days")? */
function smuggles(bare: string, { lexemes }: Sources): boolean {
  const [, opening = ""] = /^([^:;–—]{8,}?)(?::|;|\s[–—])\s/u.exec(bare) ?? [];
  const words = [...new Set(lexemesOf(opening))];
  return words.length >= smuggledWordsMin && words.every((word) => !lexemes.has(word)) && !isTalk(opening);
}

/** Does it say what a sentence of the passage says, with one "not" more or less? */
function turnsRound(bare: string, lexemes: readonly string[], { sentences }: Source): boolean {
  const said = new Set(lexemes);
  const same = sentences.filter(({ lexemes: other }) => {
    const shared = [...other].filter((lexeme) => said.has(lexeme)).length;
    return said.size >= 2 && shared / said.size >= sameSentenceShare && shared / other.size >= sameSentenceShare;
  });
  const denials = negationsIn(bare) % 2;
  return same.length > 0 && same.every((sentence) => sentence.denials % 2 !== denials);
}
