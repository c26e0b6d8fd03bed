/**
 * Finding words that somebody typed in texts whose language nobody asked them for. `analyze` stems a text by the language it shows;
 * one or two words show none, so here they stand for what they would be in any. Exact in this: a word that stands in a text is found.
 *
 * @module
 */
import { latinLanguage, latinLanguages, lexemesOfWord, wordsAt } from "./analyze.ts";

/** Different words that are looked for; a longer query is searched by its first ones. */
const wordsMax = 16;

/**
 * For each word of a query, the lexemes that stand for it: a text must have one of each. Words that say nothing in some language
 * are left out, unless there are no others. Empty for a query without words.
 */
export function wordsToFind(query: string): string[][] {
  const words = wordsAt(query)
    .slice(0, wordsMax)
    .map(({ word }) => choicesOf(word));
  const telling = words.filter(({ silent }) => !silent);
  const chosen = telling.length > 0 ? telling : words;
  const found = new Map(chosen.flatMap(({ groups }) => groups).map((group) => [group.join(" "), group]));
  return [...found.values()].slice(0, wordsMax);
}

/** What a word is in each language; a run without spaces is several, each of which must be there. */
function choicesOf(word: string): { silent: boolean; groups: string[][] } {
  const byLanguage = latinLanguages.map((language) => lexemesOfWord(word, language));
  const silent = byLanguage.some((lexemes) => lexemes.length === 0);
  const most = Math.max(...byLanguage.map((lexemes) => lexemes.length));
  const groups = Array.from({ length: most }, (_, at) => [...new Set(byLanguage.flatMap((lexemes) => lexemes[at] ?? []))]);
  return { silent, groups };
}

interface Place {
  /** In UTF-16 units, the end not included. */
  start: number;
  end: number;
}

/** Where a text has words with one of these lexemes, in order. */
export function placesOf(text: string, lexemes: ReadonlySet<string>): Place[] {
  const latin = latinLanguage(text);
  return wordsAt(text)
    .filter(({ word }) => lexemesOfWord(word, latin).some((lexeme) => lexemes.has(lexeme)))
    .map(({ word, start }) => ({ start, end: start + word.length }));
}
