/**
 * Text to lexemes: what the full-text index holds and what a question asks it for. One analyser for documents and
 * questions, in any language; PostgreSQL only stores what comes out of here (its own parsers find almost nothing in
 * Chinese, and rank-relevant stemming differs by language).
 *
 * @module
 */
import { foldAccents, lowerCase, normalizeText } from "./normalize.ts";
import { createStemmer } from "./stem.ts";
import { type Language, stopWords } from "./stop-words.ts";

/** A lexeme and where it stands (words counted from 1, stop words included). */
export interface LexemeAt {
  lexeme: string;
  position: number;
}

const latinLanguages = ["en", "es", "de", "fr", "it", "pt", "nl", "tr"] as const satisfies readonly Language[];

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
const bigramScripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]/u;
const bigramRuns = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々]+/gu;
const unspacedScripts = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const stemmers = new Map<Language, (word: string) => string>();
const stem = (language: Language, word: string): string => {
  const known = stemmers.get(language) ?? createStemmer(language);
  stemmers.set(language, known);
  return known(word);
};

/** The language of the Latin-script words of a text: the one whose small words and letters it uses; English when none shows. */
export function latinLanguage(text: string): (typeof latinLanguages)[number] {
  const scores = new Map<Language, number>();
  for (const word of normalizeText(text).toLowerCase().match(wordPattern) ?? []) {
    for (const language of latinLanguages) {
      if (stopWords[language].has(word)) scores.set(language, (scores.get(language) ?? 0) + 1);
    }
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

/** The lexemes of a text in reading order. Stop words are left out but counted in the positions. */
export function analyze(text: string): LexemeAt[] {
  const normal = normalizeText(text);
  const latin = latinLanguage(normal);
  const lexemes: LexemeAt[] = [];
  let position = 0;
  for (const word of lowerCase(normal, latin === "tr").match(wordPattern) ?? []) {
    if (bigramScripts.test(word)) {
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

function add(lexemes: LexemeAt[], word: string, latin: Language, position: number): void {
  const language = languageOf(word, latin);
  if (language && stopWords[language].has(word)) return;
  const bare = word.replace(/'s?$|'(?=\p{L})/gu, "");
  const lexeme = foldAccents(language && !/\p{N}/u.test(word) ? stem(language, bare) : bare.replaceAll(",", ""));
  if (lexeme) lexemes.push({ lexeme, position });
}

function languageOf(word: string, latin: Language): Language | null {
  if (/\p{Script=Latin}/u.test(word)) return latin;
  if (/\p{Script=Cyrillic}/u.test(word)) return "ru";
  if (/\p{Script=Arabic}/u.test(word)) return "ar";
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
