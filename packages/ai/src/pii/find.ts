/**
 * Finds what is personal in a text: addresses, numbers and accounts, by form and check digit. Names it does not know.
 *
 * @module
 */
import { isCard, isIban, isNationalId } from "./checks.ts";

export const piiKinds = ["EMAIL", "IBAN", "CARD", "ID", "PHONE", "IP"] as const;
export type PiiKind = (typeof piiKinds)[number];

export interface Finding {
  kind: PiiKind;
  start: number;
  end: number;
  /** The same value in any spelling gives the same text. */
  canonical: string;
}

/** Texts are read up to here; more than any message, passage or turn has. */
const charsReadMax = 200_000;

const bare = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, "").toUpperCase();
const digitsOf = (text: string) => text.replace(/\D/g, "");

interface Finder {
  kind: PiiKind;
  pattern: RegExp;
  /** Its parts stand apart by blanks, and so do the words after it: what does not hold is tried without its last part. */
  shortens?: boolean;
  /** The value's canonical form; null when the check fails. */
  check(found: string): string | null;
}

/** In this order: what an earlier one took, a later one does not read again. */
const finders: readonly Finder[] = [
  {
    kind: "EMAIL",
    pattern: /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}_%+-][\p{L}\p{N}._%+-]{0,63}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/gu,
    check: (found) => found.toLowerCase(),
  },
  {
    kind: "IBAN",
    shortens: true,
    pattern: /(?<![\p{L}\p{N}])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![\p{L}\p{N}])/gu,
    check: (found) => (isIban(bare(found)) ? bare(found) : null),
  },
  {
    kind: "CARD",
    pattern: /(?<![\p{L}\p{N}+])\d(?:[ -]?\d){11,18}(?![\p{L}\p{N}])/gu,
    check: (found) => (isCard(digitsOf(found)) ? digitsOf(found) : null),
  },
  {
    // The United States' number has no check digit, only places that are never given out.
    kind: "ID",
    pattern: /(?<![\p{L}\p{N}-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\p{L}\p{N}-])/gu,
    check: digitsOf,
  },
  {
    kind: "IP",
    pattern: /(?<![\p{L}\p{N}.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\p{L}\p{N}]|\.\d)/gu,
    check: (found) => found,
  },
  {
    kind: "IP",
    pattern: /(?<![\p{L}\p{N}:])(?:[0-9a-fA-F]{1,4}:){3,7}(?::|[0-9a-fA-F]{1,4})(?::?[0-9a-fA-F]{1,4}){0,4}(?![\p{L}\p{N}:])/gu,
    check: (found) => found.toLowerCase(),
  },
  {
    // With a country's code, with a leading zero, or the way North America writes it.
    kind: "PHONE",
    pattern:
      /(?<![\p{L}\p{N}+./-])(?:\+\d(?:[ ()./-]{0,2}\d){6,14}|00[1-9](?:[ ()./-]{0,2}\d){7,13}|\(?0\d{1,5}\)?(?:[ ()./-]{1,2}\d+){1,6}|0\d{9,11}|(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[ .-]\d{4})(?![\p{L}\p{N}]|[.,]\d)/gu,
    check: (found) => {
      const digits = digitsOf(found);
      // Dates have eight digits and dots or slashes between two, two and four of them.
      if (digits.length < 8 || digits.length > 15 || /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(found)) return null;
      return found.includes("+") ? `+${digits}` : digits;
    },
  },
  {
    kind: "ID",
    pattern:
      /(?<![\p{L}\p{N}])(?:[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]|[XYZxyz]?-?\d(?:[ .-]?\d){6,17}(?:[ .-]?[A-Za-z])?)(?![\p{L}\p{N}])/gu,
    check: (found) => (isNationalId(bare(found)) ? bare(found) : null),
  },
];

/** What is personal in the text, in reading order, none overlapping. */
export function findPersonalData(text: string): Finding[] {
  const read = asciiDigits(text.slice(0, charsReadMax));
  if (!/\d|@/.test(read)) return [];
  const found: Finding[] = [];
  let left = read;
  for (const { kind, pattern, check, shortens } of finders) {
    for (const match of left.matchAll(pattern)) {
      for (let value = match[0]; value !== ""; value = shortens ? value.replace(/[ -]?[^ -]*$/u, "") : "") {
        const canonical = check(value);
        if (canonical === null) continue;
        found.push({ kind, start: match.index, end: match.index + value.length, canonical });
        break;
      }
    }
    for (const { start, end } of found) left = `${left.slice(0, start)}${" ".repeat(end - start)}${left.slice(end)}`;
  }
  return found.toSorted((one, other) => one.start - other.start);
}

/** The text without what is personal in it, for searching by meaning. */
export function withoutPersonalData(text: string): string {
  let left = text;
  for (const { start, end } of findPersonalData(text).toReversed()) left = `${left.slice(0, start)} ${left.slice(end)}`;
  return left;
}

/** Digits of the scripts our customers write with as ASCII, and every dash as a hyphen; each stays one character long. */
function asciiDigits(text: string): string {
  return text
    .replace(/[\u0660-\u0669\u06F0-\u06F9\uFF10-\uFF19]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(/[\u0966-\u096F]/g, (digit) => String(digit.charCodeAt(0) - 0x966))
    .replace(/[\u2010-\u2015]/g, "-");
}
