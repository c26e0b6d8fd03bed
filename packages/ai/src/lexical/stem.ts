/**
 * Words without their endings, so that "refunds" finds "refund". Snowball's algorithms for European languages, our own
 * light ones for Arabic, Hebrew and Hindi. The same for documents and questions, or nothing would meet.
 *
 * @module
 */
/// <reference path="./snowball-stemmers.d.ts" />
import { newStemmer } from "snowball-stemmers";
import { normalizeArabic, normalizeDevanagari, normalizeHebrew } from "./normalize.ts";
import type { Language } from "./stop-words.ts";

const algorithms = {
  en: "english",
  es: "spanish",
  de: "german",
  fr: "french",
  it: "italian",
  pt: "portuguese",
  nl: "dutch",
  tr: "turkish",
  ru: "russian",
} as const satisfies Partial<Record<Language, string>>;

/** The function that takes a word of this language, in lower case, to its stem. */
export function stemmerOf(language: Language): (word: string) => string {
  if (language === "ar") return stemArabic;
  if (language === "he") return stemHebrew;
  if (language === "hi") return stemHindi;
  const stemmer = newStemmer(algorithms[language]);
  return (word) => stemmer.stem(word) || word;
}

const arabicPrefixes = ["وال", "بال", "كال", "فال", "لل", "ال"];
const arabicSuffixes = ["ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"];

/** Takes off the article with what may stand before it, then endings, as long as a root's worth of letters stays. */
function stemArabic(word: string): string {
  let stem = normalizeArabic(word);
  if (stem.length > 3 && stem.startsWith("و")) stem = stem.slice(1);
  const prefix = arabicPrefixes.find((candidate) => stem.startsWith(candidate) && stem.length - candidate.length >= 2);
  if (prefix) stem = stem.slice(prefix.length);
  for (const suffix of arabicSuffixes) {
    if (stem.endsWith(suffix) && stem.length - suffix.length >= 2) stem = stem.slice(0, -suffix.length);
  }
  return stem;
}

const hebrewSuffixes = ["ימ", "ות", "ה", "ת"];
const hebrewRootMin = 3;

/** Takes off `and` and the article, and plurals. (Other prefixes are too often a word's own first letter.) */
function stemHebrew(word: string): string {
  let stem = normalizeHebrew(word);
  while (stem.length > hebrewRootMin && /^[וה]/u.test(stem)) stem = stem.slice(1);
  const suffix = hebrewSuffixes.find((candidate) => stem.endsWith(candidate) && stem.length - candidate.length >= hebrewRootMin);
  return suffix ? stem.slice(0, -suffix.length) : stem;
}

/** Longest first; written in the normalised spelling (short i and u). */
const hindiSuffixes = [
  ["ाएंगि", "ाएंगे", "ाऊंगि", "ाऊंगा", "ाइयां", "ाइयों", "ाइयाे"],
  ["ाएगि", "ाएगा", "ाओगि", "ाओगे", "एंगि", "ेंगि", "एंगे", "ेंगे", "ूंगि", "ूंगा", "ातिं", "नाओं", "नाएं", "ताओं", "ताएं", "ियाँ", "ियों", "ियां"],
  ["ाकर", "ाइए", "ाइं", "ाया", "ेगि", "ेगा", "ोगि", "ोगे", "ाने", "ाना", "ाते", "ाति", "ाता", "तिं", "ाओं", "ाएं", "ुओं", "ुएं", "ुआं"],
  ["कर", "ाओ", "िए", "ाइ", "ाए", "ने", "नि", "ना", "ते", "िं", "ति", "ता", "ाँ", "ां", "ों", "ें"],
  ["ो", "े", "ु", "ि", "ा"],
];

function stemHindi(word: string): string {
  const normal = normalizeDevanagari(word);
  for (const suffixes of hindiSuffixes) {
    for (const suffix of suffixes) {
      // A long ending may be the root's own when little is left without it.
      if (normal.endsWith(suffix) && normal.length - suffix.length >= (suffix.length > 1 ? 3 : 2)) return normal.slice(0, -suffix.length);
    }
  }
  return normal;
}
