/**
 * Text to lexemes: what the full-text index holds and what a question asks it for. One analyser for documents and
 * questions, in any language; PostgreSQL only stores what comes out of here (its own parsers find almost nothing in
 * Chinese, and rank-relevant stemming differs by language).
 *
 * @module
 */
import type { WeightedLexeme } from "../retrieval.ts";
import { foldAccents, isAscii, lowerCase, normalizeText } from "./normalize.ts";
import { stemmerOf } from "./stem.ts";
import { type Language, stopWords } from "./stop-words.ts";
import { toTsvector } from "./tsvector.ts";

/** A lexeme and where it stands (words counted from 1, stop words included). */
export interface LexemeAt {
  lexeme: string;
  position: number;
}

export const latinLanguages = ["en", "es", "de", "fr", "it", "pt", "nl", "tr"] as const satisfies readonly Language[];
type LatinLanguage = (typeof latinLanguages)[number];

/** Letters that only few languages write: each found word counts as this much of a small word for them. */
const letterHints: readonly (readonly [RegExp, readonly Language[]])[] = [
  [/[ñ¿¡]/u, ["es"]],
  [/[ßäö]/u, ["de"]],
  [/[ğışİ]/u, ["tr"]],
  [/[ãõ]/u, ["pt"]],
  [/[èùêœ]/u, ["fr"]],
];

/** A run of letters and digits with inner apostrophes, or a number with its separators. */
const wordPattern = /\p{N}+(?:[.,]\p{N}+)+|[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*/gu;
/** The same in a text of ASCII alone, found several times as fast. */
const asciiWordPattern = /[0-9]+(?:[.,][0-9]+)+|[A-Za-z0-9]+(?:'[A-Za-z]+)*/g;
const bigramScripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々]/u;
const bigramRuns =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々]+/gu;
const unspacedScripts = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const stemmers = new Map<Language, (word: string) => string>();
const stem = (language: Language, word: string): string => {
  const stemmer = stemmers.get(language) ?? stemmerOf(language);
  stemmers.set(language, stemmer);
  return stemmer(word);
};

/** A text's first characters show its language well enough. */
const charsForLanguageMax = 4000;
const languagesOfSmallWord = new Map<string, Language[]>();
for (const language of latinLanguages) {
  for (const word of stopWords[language]) languagesOfSmallWord.set(word, [...(languagesOfSmallWord.get(word) ?? []), language]);
}

/** The language of the Latin-script words of a text: the one whose small words and letters it uses; English when none shows. */
export function latinLanguage(text: string): LatinLanguage {
  const scores = new Map<Language, number>();
  for (const word of wordsOf(text.slice(0, charsForLanguageMax).toLowerCase())) {
    for (const language of languagesOfSmallWord.get(word) ?? []) scores.set(language, (scores.get(language) ?? 0) + 1);
  }
  for (const [letters, languages] of letterHints) {
    if (!letters.test(text)) continue;
    for (const language of languages) scores.set(language, (scores.get(language) ?? 0) + 1.5);
  }
  let best: (typeof latinLanguages)[number] = "en";
  for (const language of latinLanguages) {
    if ((scores.get(language) ?? 0) > (scores.get(best) ?? 0)) best = language;
  }
  return best;
}

/** What a chunk's columns hold: the literal for `::tsvector` and how many lexemes it counts. */
export interface IndexedText {
  tsvector: string;
  length: number;
}

/** Titles and headings are read twice: a word that names a text says more than one that stands in it. */
const titleWeight = 2;

/** The lexemes of a chunk, its title and headings among them. */
export function indexLexemes(title: string, headingPath: readonly string[], text: string): IndexedText {
  const naming = analyze([title, ...headingPath].join("\n"));
  const lexemes = analyze(text);
  let offset = lexemes.at(-1)?.position ?? 0;
  const all = [...lexemes];
  for (let time = 0; time < titleWeight; time += 1) {
    all.push(...naming.map(({ lexeme, position }) => ({ lexeme, position: offset + position })));
    offset += naming.at(-1)?.position ?? 0;
  }
  return { tsvector: toTsvector(all), length: all.length };
}

/** Different words of a question that are looked up; a longer text is searched by its first ones. */
export const queryLexemesMax = 64;

/**
 * The weighted lexemes of a question. With the customer's previous message the new one counts twice: a follow-up names
 * what is new, the message before what it is about. (The agent's own turns made retrieval worse.)
 */
export function queryLexemes(question: string, previousUserTurn?: string): WeightedLexeme[] {
  const weights = new Map<string, number>();
  const add = (text: string, weight: number) => {
    for (const { lexeme } of analyze(text)) {
      if (weights.size < queryLexemesMax || weights.has(lexeme)) weights.set(lexeme, (weights.get(lexeme) ?? 0) + weight);
    }
  };
  add(question, previousUserTurn ? 2 : 1);
  if (previousUserTurn) add(previousUserTurn, 1);
  return [...weights].map(([lexeme, weight]) => ({ lexeme, weight }));
}

/** The lexemes of a text in reading order. Stop words are left out but counted in the positions. */
export function analyze(text: string): LexemeAt[] {
  const normal = normalizeText(text);
  const latin = latinLanguage(normal);
  const lexemes: LexemeAt[] = [];
  let position = 0;
  for (const word of wordsOf(lowerCase(normal, latin === "tr"))) {
    if (isAscii(word)) {
      position += 1;
      add(lexemes, word, latin, position);
    } else if (bigramScripts.test(word)) {
      for (const run of word.match(bigramRuns) ?? []) {
        if (!bigramScripts.test(run)) {
          position += 1;
          add(lexemes, run, latin, position);
          continue;
        }
        for (const bigram of bigrams(run)) lexemes.push({ lexeme: bigram, position: ++position });
      }
    } else if (unspacedScripts.test(word)) {
      for (const part of segmentWords(word)) lexemes.push({ lexeme: part, position: ++position });
    } else {
      position += 1;
      add(lexemes, word, latin, position);
    }
  }
  return lexemes;
}

/** A piece of a text that is a word, or a run of words without spaces between them. */
interface WordAt {
  word: string;
  /** Where it begins in the text, in UTF-16 units. */
  start: number;
}

/** The words of a text as they stand there. */
export function wordsAt(text: string): WordAt[] {
  return [...text.matchAll(wordPattern)].map((found) => ({ word: found[0], start: found.index }));
}

/** What `analyze` makes of one word in a text of this language: none for a stop word, several for a run without spaces. */
export function lexemesOfWord(word: string, latin: LatinLanguage): string[] {
  const lower = lowerCase(normalizeText(word), latin === "tr");
  return wordsOf(lower)
    .flatMap((part): string[] => {
      if (isAscii(part)) return [lexemeOf(part, latin)];
      if (bigramScripts.test(part))
        return (part.match(bigramRuns) ?? []).flatMap((run) => (bigramScripts.test(run) ? bigrams(run) : [lexemeOf(run, latin)]));
      return unspacedScripts.test(part) ? segmentWords(part) : [lexemeOf(part, latin)];
    })
    .filter((lexeme) => lexeme !== "");
}

function wordsOf(text: string): readonly string[] {
  return text.match(isAscii(text) ? asciiWordPattern : wordPattern) ?? [];
}

function add(lexemes: LexemeAt[], word: string, latin: Language, position: number): void {
  const lexeme = lexemeOf(word, latin);
  if (lexeme) lexemes.push({ lexeme, position });
}

/** What words became, by the text's language: most words of a text have been met before. */
const remembered = new Map<Language, Map<string, string>>();
const rememberedMax = 50_000;
/** PostgreSQL refuses lexemes of more than 2,046 bytes; nobody tells words apart after this many letters. */
const lexemeCharsMax = 100;

/** A word's lexeme; empty for a stop word. */
function lexemeOf(word: string, latin: Language): string {
  const known = remembered.get(latin) ?? new Map<string, string>();
  remembered.set(latin, known);
  const before = known.get(word);
  if (before !== undefined) return before;
  const language = languageOf(word, latin);
  const bare = word.replace(/'s?$|'(?=\p{L})/gu, "");
  let lexeme = "";
  if (!language) lexeme = foldAccents(bare.replaceAll(",", ""));
  else if (!stopWords[language].has(word)) lexeme = foldAccents(/\p{N}/u.test(word) ? bare : stem(language, bare));
  if (known.size >= rememberedMax) known.clear();
  lexeme = lexeme.slice(0, lexemeCharsMax);
  known.set(word, lexeme);
  return lexeme;
}

function languageOf(word: string, latin: Language): Language | null {
  if (/\p{Script=Latin}/u.test(word)) return latin;
  if (/\p{Script=Cyrillic}/u.test(word)) return "ru";
  if (/\p{Script=Arabic}/u.test(word)) return "ar";
  if (/\p{Script=Hebrew}/u.test(word)) return "he";
  if (/\p{Script=Devanagari}/u.test(word)) return "hi";
  return null;
}

function bigrams(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

const segmenter = new Intl.Segmenter("und", { granularity: "word" });

function segmentWords(run: string): string[] {
  return [...segmenter.segment(run)].filter((part) => part.isWordLike).map((part) => part.segment);
}
