/**
 * Which language a text is written in, told from its script and its small words. Made for messages of a few words: when
 * it is not sure it says so, and whoever asks then lets the model decide.
 *
 * @module
 */
import { lowerCase, normalizeText } from "../lexical/normalize.ts";
import { latinProfiles } from "./profiles.ts";

/** A text's first characters show its language well enough. */
const charsReadMax = 2000;
/** Share of the letters that a script must have to decide. */
const scriptShareMin = 0.2;
/** What a letter of its own counts beside a small word. */
const letterWorth = 1.5;
/** By how much the best must be ahead of the next, in small words. */
const leadMin = 0.5;
/** Without any small word only letters that no other language has decide. */
const sureLetters: readonly (readonly [RegExp, string])[] = [
  [/[ğışİ]/u, "tr"],
  [/[ñ¿¡]/u, "es"],
  [/ß/u, "de"],
  [/[łęśź]/u, "pl"],
  [/[őű]/u, "hu"],
  [/[ěřů]/u, "cs"],
  [/[șț]/u, "ro"],
  [/[ơưđạảấầậếềệ]/u, "vi"],
];

const scripts: readonly (readonly [RegExp, (text: string) => string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, () => "ja"],
  [/\p{Script=Hangul}/gu, () => "ko"],
  [/\p{Script=Han}/gu, () => "zh"],
  [/\p{Script=Cyrillic}/gu, cyrillic],
  [/\p{Script=Arabic}/gu, arabic],
  [/\p{Script=Devanagari}/gu, () => "hi"],
  [/\p{Script=Greek}/gu, () => "el"],
  [/\p{Script=Hebrew}/gu, () => "he"],
  [/\p{Script=Thai}/gu, () => "th"],
  [/\p{Script=Bengali}/gu, () => "bn"],
  [/\p{Script=Tamil}/gu, () => "ta"],
];

/** A language tag of two letters; null when the text does not show one: too short, numbers only, several at once. */
export function detectLanguage(text: string): string | null {
  const read = normalizeText(text.slice(0, charsReadMax)).replace(/https?:\/\/\S+|\S+@\S+|\[\[?[A-Z0-9_]+\]?\]/gu, " ");
  const letters = read.match(/\p{L}/gu)?.length ?? 0;
  if (letters < 2) return null;
  for (const [script, language] of scripts) {
    const found = read.match(script)?.length ?? 0;
    // Japanese is told by its kana, of which a text may have few beside its characters.
    if (found / letters >= (script.source.includes("Hiragana") ? 0.1 : scriptShareMin)) return language(read);
  }
  return latin(read);
}

function latin(text: string): string | null {
  const words = lowerCase(text, false).match(/[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*/gu) ?? [];
  const lower = words.join(" ");
  const scored = latinProfiles
    .map(({ tag, smallWords, letters }) => {
      const small = words.filter((word) => smallWords.has(word)).length;
      return { tag, score: small === 0 ? 0 : small + (letters?.test(lower) ? letterWorth : 0) };
    })
    .toSorted((one, other) => other.score - one.score);
  const [best, next] = scored;
  if (!best || best.score === 0) return sureLetters.find(([letters]) => letters.test(text))?.[1] ?? null;
  // Norwegian and Danish hardly differ in writing; either is understood by both.
  return best.score - (next?.score ?? 0) >= leadMin || (best.tag === "da" && next?.tag === "no") ? best.tag : null;
}

function cyrillic(text: string): string {
  if (/[іїєґ]/iu.test(text)) return "uk";
  return "ru";
}

function arabic(text: string): string {
  if (/[ٹڈڑےں]/u.test(text)) return "ur";
  return /[پچژگ]/u.test(text) ? "fa" : "ar";
}
