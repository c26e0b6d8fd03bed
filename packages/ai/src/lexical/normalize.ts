/**
 * One spelling for what readers take as the same letter: width, case, Arabic and Indic variants, accents.
 *
 * @module
 */

/** Most words are; every other test on letters is many times slower. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}

/** `e-mail` is `email`, `T-shirt` is `tshirt`: people write both. */
const singleLetterHyphen = /(?<![\p{L}\p{N}-])(\p{L})-(?=\p{L}{2})/gu;

/** Compatibility forms made one (NFKC), soft hyphens, joiners and NUL removed, apostrophes straightened. Case is kept. */
export function normalizeText(text: string): string {
  if (isAscii(text)) {
    const plain = text.replaceAll("\u0000", "").replaceAll("`", "'");
    return plain.includes("-") ? plain.replace(singleLetterHyphen, "$1") : plain;
  }
  return (
    text
      .normalize("NFKC")
      .replaceAll("\u0000", "")
      .replace(/[\u00AD\u200B-\u200F\u202A-\u202E\u2060\uFEFF]/gu, "")
      // NFKC takes Thai and Lao AM apart, by which the dictionary no longer knows the word.
      .replaceAll("\u0E4D\u0E32", "\u0E33")
      .replaceAll("\u0ECD\u0EB2", "\u0EB3")
      .replace(/[’ʼ‘`´]/gu, "'")
      .replace(singleLetterHyphen, "$1")
  );
}

/** Lower case as the language has it; Turkish is the one where it matters. */
export function lowerCase(text: string, turkish: boolean): string {
  return turkish ? text.toLocaleLowerCase("tr") : text.toLowerCase();
}

/** A finished lexeme without accents, so that a customer who types none still finds it. Latin, Greek and Cyrillic only. */
export function foldAccents(lexeme: string): string {
  if (isAscii(lexeme)) return lexeme;
  return lexeme
    .normalize("NFD")
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, "")
    .replaceAll("ё", "е")
    .normalize("NFC")
    .replaceAll("ß", "ss")
    .replaceAll("ı", "i")
    .replaceAll("æ", "ae")
    .replaceAll("œ", "oe")
    .replaceAll("ø", "o")
    .replaceAll("đ", "d")
    .replaceAll("ł", "l");
}

/** Arabic without vowel signs and stretching; the alef, ya and ta-marbuta families as one letter each. */
export function normalizeArabic(word: string): string {
  return word
    .replace(/[\u064B-\u065F\u0670\u0640]/gu, "")
    .replace(/[أإآٱ]/gu, "ا")
    .replace(/[ىی]/gu, "ي")
    .replaceAll("ک", "ك")
    .replaceAll("ة", "ه")
    .replaceAll("ؤ", "و")
    .replaceAll("ئ", "ي");
}

const hebrewFinals: Readonly<Record<string, string>> = { ך: "כ", ם: "מ", ן: "נ", ף: "פ", ץ: "צ" };

/** Hebrew without points, its letters as they are written inside a word. */
export function normalizeHebrew(word: string): string {
  return word.replace(/[\u0591-\u05C7]/gu, "").replace(/[ךםןףץ]/gu, (letter) => hebrewFinals[letter] ?? letter);
}

/** Devanagari without nukta; nasal signs as one, long and short i and u as one. */
export function normalizeDevanagari(word: string): string {
  return word
    .normalize("NFD")
    .replaceAll("\u093C", "")
    .replaceAll("\u0901", "\u0902")
    .replace(/[\u0928\u0919\u091E\u0923\u092E]\u094D(?=[\u0915-\u0939])/gu, "\u0902")
    .replaceAll("\u0940", "\u093F")
    .replaceAll("\u0942", "\u0941")
    .replaceAll("\u0908", "\u0907")
    .replaceAll("\u090A", "\u0909");
}
