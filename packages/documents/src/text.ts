/**
 * Small rules for characters, the same for every format: what is removed, what is normalised, where spaces stay.
 *
 * @module
 */

// Arabic presentation forms and Latin ligatures are shapes, not letters: a search for the letters must find them.
const shapes = /[\uFB00-\uFB06\uFB1D-\uFDCF\uFDF0-\uFDFF\uFE70-\uFEFE]+/g;
// Control characters that no text needs; tab, line feed and form feed are dealt with by the callers.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is to be removed.
const unwanted = /[\u0000-\u0008\u000B\u000E-\u001F\u007F\uFEFF\uFFFE\uFFFF]/g;

/** Removes what databases and models refuse (U+0000, lone surrogates, byte order marks) and composes letters (NFC; NFKC for shapes). */
export function cleanText(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, "")
    .replace(unwanted, "")
    .replace(shapes, (run) => run.normalize("NFKC"))
    .normalize("NFC");
}

/** One line: every run of white space becomes one space, ends are trimmed, soft hyphens go. */
export function oneLine(text: string): string {
  return text
    .replace(/\u00AD/g, "")
    .replace(/[\s\u200B]+/gu, " ")
    .trim();
}

/** Keeps line breaks, trims each line, and allows no two empty lines in a row. */
export function tidyLines(text: string): string {
  return text
    .replace(/\u00AD/g, "")
    .split("\n")
    .map((line) => line.replace(/[^\S\n]+/gu, " ").trim())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** How many letters and digits of any script a text has; stops counting at `enough`. */
export function countWordCharacters(text: string, enough: number): number {
  let found = 0;
  for (const _ of text.matchAll(/[\p{L}\p{N}]/gu)) if (++found >= enough) break;
  return found;
}

// Scripts that are written without spaces between words.
const unspaced = /[\u2E80-\u9FFF\uF900-\uFAFF\uFF01-\uFF9F\u{20000}-\u{3FFFF}\u0E00-\u0EFF]/u;

/** True when two pieces of text are joined without a space because both are Chinese, Japanese or the like. */
export function joinsWithoutSpace(before: string, after: string): boolean {
  return unspaced.test(lastCharacter(before)) && unspaced.test(after.slice(0, 2));
}

/** The last character as a whole, also when it takes two UTF-16 units. */
export function lastCharacter(text: string): string {
  const code = text.codePointAt(text.length - 2);
  return code !== undefined && code > 0xffff ? text.slice(-2) : text.slice(-1);
}
