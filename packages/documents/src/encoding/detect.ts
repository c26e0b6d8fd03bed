/**
 * Finds out in which encoding a text was written: byte order marks, then strict UTF-8, then UTF-16 by its zeros, then the decoding
 * that reads most like text. Made to be right on short files too, where statistics over bytes are not.
 *
 * @module
 */
import { encodingSampleBytes } from "../limits.ts";
import { type Candidate, candidates, weighUtf16 } from "./candidates.ts";
import { decodeBytes } from "./decode-bytes.ts";

/** Bytes that are decoded in every candidate: enough to be sure, few enough to be quick. */
const scoredBytes = 16 * 1024;

/** Gives a label that TextDecoder knows. ASCII is `utf-8`; when nothing fits it is `windows-1252`, which decodes anything. */
export function detectEncoding(bytes: Uint8Array): string {
  const marked = byteOrderMark(bytes);
  if (marked) return marked;
  const sample = bytes.subarray(0, encodingSampleBytes);
  const utf8 = isUtf8(bytes);
  // No text has control characters; in UTF-16 they are the other halves of letters.
  if (hasControls(sample)) {
    const wide = bestUtf16(sample);
    if (wide.score > 0.45) return wide.name;
  }
  if (utf8) return hasEscapes(sample) ? "iso-2022-jp" : "utf-8";
  return best(telling(sample));
}

/** The encoding that a byte order mark names, or null. */
export function byteOrderMark(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return null;
}

/** True when every byte is valid UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function hasControls(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b);
}

/** The part that tells most: from the first byte that is not ASCII on, begun at a line or word. */
function telling(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte > 0x7f);
  if (first < scoredBytes / 2) return bytes.subarray(0, scoredBytes);
  let start = first;
  while (start > first - 64 && (bytes[start - 1] ?? 0) > 0x20) start--;
  start -= start % 2; // UTF-16 stays in step
  return bytes.subarray(start, start + scoredBytes);
}

function bestUtf16(bytes: Uint8Array): { name: "utf-16le" | "utf-16be"; score: number } {
  const little = meanUtf16(bytes, "utf-16le");
  const big = meanUtf16(bytes, "utf-16be");
  return little >= big ? { name: "utf-16le", score: little } : { name: "utf-16be", score: big };
}

function meanUtf16(bytes: Uint8Array, name: "utf-16le" | "utf-16be"): number {
  const even = bytes.subarray(0, Math.min(scoredBytes, bytes.length - (bytes.length % 2)));
  let sum = 0;
  let count = 0;
  for (const character of decodeBytes(even, name)) {
    sum += weighUtf16(character);
    count++;
  }
  return count === 0 ? -2 : sum / count;
}

/** ISO-2022-JP is pure ASCII to the eye; its escape sequences give it away. */
function hasEscapes(bytes: Uint8Array): boolean {
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] === 0x1b && bytes[i + 1] === 0x24 && (bytes[i + 2] === 0x42 || bytes[i + 2] === 0x40)) return true;
  }
  return false;
}

function best(sample: Uint8Array): string {
  let winner = "windows-1252";
  let top = -1.5;
  for (const candidate of candidates) {
    const score = scoreOf(candidate, sample);
    if (score > top) [winner, top] = [candidate.name, score];
  }
  // Chinese or Japanese UTF-16 need not have control characters. It must beat the others clearly, and an odd length rules it out.
  if (sample.length % 2 === 0) {
    const wide = bestUtf16(sample);
    if (wide.score - 0.1 > top) return wide.name;
  }
  return winner;
}

/**
 * The mean weight of the characters that are not ASCII, counted in bytes so that one- and two-byte tables compare,
 * less what a decoding gets wrong: bytes it cannot read, letters of two scripts in one word, capitals after small letters.
 */
function scoreOf(candidate: Candidate, sample: Uint8Array): number {
  let weight = 0;
  let bytes = 0;
  let previous = "";
  for (const character of decodeBytes(sample, candidate.name, true)) {
    if (character < " " && !"\t\n\f\r\u001B".includes(character)) {
      weight -= 2;
      bytes++;
    } else if (character > "\u007F") {
      const width = candidate.width === 2 && !/[\uFF61-\uFF9F]/.test(character) ? 2 : 1;
      weight += width * (character === "\uFFFD" ? -3 : candidate.weigh(character));
      bytes += width;
    }
    if (candidate.width === 1) weight -= clash(previous, character, candidate.latin === true);
    previous = character;
  }
  return bytes === 0 ? -3 : weight / bytes + candidate.prior;
}

const letter = /\p{L}/u;
const latinLetter = /\p{Script=Latin}/u;

/** What two neighbours say against a one-byte decoding, as a penalty. */
function clash(before: string, after: string, latin: boolean): number {
  if (before <= "\u007F" && after <= "\u007F") return 0;
  const isLetter = letter.test(after);
  if (letter.test(before) && isLetter) {
    if (latinLetter.test(before) !== latinLetter.test(after)) return 1;
    if (latin && before > "\u007F" && after > "\u007F") return 0.5;
    return before !== before.toUpperCase() && after !== after.toLowerCase() ? 0.8 : 0;
  }
  // A sign that is no letter inside a word: »Za¿ó³æ« is Polish that was read as French.
  return letter.test(before) && after > "\u007F" && !/[\u2010-\u203A\u00A0\u00AB\u00BB\u00AE\u2122\p{M}]/u.test(after) ? 0.5 : 0;
}
