/**
 * What in a sentence is true or false letter for letter, in any language: numbers, links, codes, names, and whether it
 * says yes or no. Words can be said in other words; these cannot.
 *
 * @module
 */
import { normalizeText } from "../lexical/normalize.ts";

/** Numbers as people spell them out, per value; the ones a sentence about days, prices or steps has. */
const spelled: Readonly<Record<number, string>> = {
  1: "one eins einem einer uno une bir один одна",
  2: "two twice zwei dos deux due dois duas twee iki два две двух",
  3: "three drei tres trois tre três drie üç три трёх трех",
  4: "four vier cuatro quatre quattro quatro dört четыре четырёх",
  5: "five fünf cinco cinq cinque vijf beş пять пяти",
  6: "six sechs seis sei zes altı шесть шести",
  7: "seven sieben siete sept sette sete zeven yedi семь семи",
  8: "eight acht ocho huit otto oito sekiz восемь восьми",
  9: "nine neun nueve neuf nove negen dokuz девять девяти",
  10: "ten zehn diez dix dieci dez tien on десять десяти",
  11: "eleven elf once onze undici",
  12: "twelve dozen zwölf doce douze dodici doze twaalf двенадцать",
  13: "thirteen dreizehn trece treize",
  14: "fourteen vierzehn catorce quatorze quattordici veertien fortnight четырнадцать",
  15: "fifteen fünfzehn quince quinze quindici vijftien",
  16: "sixteen sechzehn",
  17: "seventeen siebzehn",
  18: "eighteen achtzehn dieciocho",
  19: "nineteen neunzehn",
  20: "twenty zwanzig veinte vingt venti vinte twintig yirmi двадцать",
  24: "twenty-four vierundzwanzig veinticuatro",
  30: "thirty dreißig dreissig treinta trente trenta trinta dertig otuz тридцать",
  40: "forty vierzig cuarenta quarante",
  45: "forty-five",
  50: "fifty fünfzig cincuenta cinquante",
  60: "sixty sechzig sesenta soixante sessanta sessenta zestig altmış",
  90: "ninety neunzig noventa quatre-vingt-dix novanta negentig doksan",
  100: "hundred hundert cien cent cento cem honderd yüz сто",
  1000: "thousand tausend mil mille duizend bin тысяча",
};
const valueOfWord = new Map(Object.entries(spelled).flatMap(([value, names]) => names.split(" ").map((name) => [name, value] as const)));
const chineseDigits = "零一二三四五六七八九";

/** Counting marks at the head of a line or sentence: `1.`, `2)`, `Step 3:`. They count the answer's own parts. */
const listMark = /(?:^|\n)[\s*_#>-]*(?:\p{L}+ )?\d{1,2}(?:[.):]|\s*[-–—])(?=\s|$)/gu;
const linkPattern =
  /(?:https?:\/\/|www\.)[^\s<>"'）】」]+|[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+|(?<![\p{L}\p{N}@.])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|app|co|ai|de|fr|es|it|nl|eu|uk|us|ru|cn|jp|info|biz|shop|me|tv|xyz)(?:\/[^\s<>"')\]]*)?(?![\p{L}\p{N}])/giu;
const numberPattern = /(?<![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}])\p{Nd}+(?:[.,'\u00A0\u202F]\p{Nd}+)*/gu;
/** Letters and digits in one word, or capitals with a dash: order numbers, part numbers, vouchers, error codes. */
const codePattern =
  /(?<![\p{L}\p{N}-])(?=[A-Z0-9_-]*[A-Z])(?:(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*|[A-Z]{2,}(?:[-_][A-Z0-9]{2,})+)(?![\p{L}\p{N}-])/gu;

/** Links and addresses, as they are compared: lower case, without scheme, `www.` and what ends a sentence. */
export function linksIn(text: string): string[] {
  return [...normalizeText(text).matchAll(linkPattern)].map(([found]) => linkOf(found)).filter((link) => link.length > 3);
}

function linkOf(found: string): string {
  return found
    .toLowerCase()
    .replace(/^https?:\/\//u, "")
    .replace(/^www\./u, "")
    .replace(/[.,;:!?)\]}*_'"。，]+$/u, "")
    .replace(/\/$/u, "");
}

/** Words that are codes, as they are written. `5GB` and `2nd` are none. */
export function codesIn(text: string): string[] {
  return [...normalizeText(text).replace(linkPattern, " ").matchAll(codePattern)]
    .map(([code]) => code)
    .filter((code) => !/^\d+(?:st|nd|rd|th|am|pm|h|k|m|kg|g|cm|mm|km|gb|mb|tb|px|s|x)$/iu.test(code));
}

/** Letters and digits alone, in capitals. */
export function condense(text: string): string {
  return text.replace(/[^\p{L}\p{N}]/gu, "").toUpperCase();
}

/** The text without the marks that only count its parts and without the "Yes," or "No," that it opens with. */
export function withoutMarks(text: string): string {
  return normalizeText(text).replace(listMark, "\n").replace(opener, "");
}

/** The numbers a sentence states, without those that only count its parts: `1,000.50` is `1000.5`. */
export function numbersStated(text: string): string[] {
  const plain = hoursOfDay(digitsAsAscii(normalizeText(text)).replace(listMark, "\n").replace(linkPattern, " "));
  return [...new Set([...plain.matchAll(numberPattern)].map(([found]) => numberOf(found)))];
}

/** All numbers that a text can be read to hold: with those spelled out, both readings of `1.000`, and 5 pm as 17. */
export function numbersHeld(text: string): Set<string> {
  const plain = digitsAsAscii(normalizeText(text));
  const held = new Set<string>();
  for (const [found] of plain.matchAll(/\p{Nd}+(?:[.,'\u00A0\u202F]\p{Nd}+)*/gu)) {
    held.add(numberOf(found));
    for (const part of found.split(/[.,'\u00A0\u202F]/u)) held.add(numberOf(part));
    held.add(numberOf(found.replace(/[.,'\u00A0\u202F]/gu, "")));
  }
  for (const [, hour = ""] of hoursOfDay(plain).matchAll(/(?<!\d)(\d\d)(?!\d)/gu)) held.add(String(Number(hour)));
  for (const word of plain.toLowerCase().match(/\p{L}+(?:-\p{L}+)*/gu) ?? []) {
    const value = valueOfWord.get(word);
    if (value !== undefined) held.add(value);
  }
  for (const [numeral] of plain.matchAll(/[一二三四五六七八九十百]+/gu)) held.add(String(chineseNumber(numeral)));
  return held;
}

/** `5:30 pm` as `17:30`. */
function hoursOfDay(text: string): string {
  return text.replace(/(?<!\d)(1[0-2]|[1-9])(?=(?:[:.]\d\d)?\s?p\.?m\b)/giu, (hour) => String((Number(hour) % 12) + 12));
}

function numberOf(found: string): string {
  const separators = found.replace(/\d/g, "");
  let plain = found;
  if (separators.length > 0) {
    const last = Math.max(...[".", ","].map((mark) => found.lastIndexOf(mark)));
    const tail = last < 0 ? "" : found.slice(last + 1);
    const mark = last < 0 ? "" : (found[last] ?? "");
    // Three digits after the only kind of mark are thousands; anything else after the last mark is a fraction.
    const fraction = last >= 0 && separators.split(mark).length === 2 && (tail.length !== 3 || new Set(separators).size > 1);
    plain = fraction ? `${found.slice(0, last).replace(/\D/g, "")}.${tail}` : found.replace(/\D/g, "");
  }
  const value = Number(plain);
  return plain.length > 15 || !Number.isFinite(value) ? plain : String(value);
}

function chineseNumber(numeral: string): number {
  let sum = 0;
  let digit = 0;
  for (const character of numeral) {
    if (character === "十" || character === "百") {
      sum += Math.max(1, digit) * (character === "十" ? 10 : 100);
      digit = 0;
    } else digit = chineseDigits.indexOf(character);
  }
  return sum + digit;
}

/** Every decimal digit as ASCII, whatever the script. */
function digitsAsAscii(text: string): string {
  return text.replace(/[^\P{Nd}0-9]/gu, (digit) => {
    // The ten digits of a script follow each other; counting back to the first gives the value.
    let code = digit.codePointAt(0) ?? 0;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
      code -= 1;
      value += 1;
    }
    return String(value);
  });
}

const negations = new Set(
  `not no never none nobody nothing cannot without n't nor neither nicht kein keine keinen keinem keiner nie niemals ohne weder pas jamais sans
  aucun aucune ni nunca sin jamás tampoco ninguna ningún ninguno non mai senza nessun nessuna não nem sem nenhum nenhuma niet geen nooit zonder
  değil yok hayır не нет без никогда нельзя لا ليس لم لن غير بدون नहीं मत न बिना`.split(/\s+/),
);
const unspacedNegation = /[不没沒無无未勿]|ない|ません|なし|안 |않|없|못/u;
const opener =
  /^\s*(?:yes|yeah|no|nein|ja|sí|si|oui|non|sim|não|nee|evet|hayır|да|нет|はい|いいえ|是的|不是|नहीं|हाँ|نعم|لا)(?:[,.!:،、，]\s*|$)/iu;

/** How often a text denies. The "No," that opens an answer answers the question and denies nothing of what follows. */
export function negationsIn(text: string): number {
  const plain = normalizeText(text).toLowerCase().replace(opener, "");
  const words = plain.match(/[\p{L}\p{M}]+(?:'[\p{L}]+)*/gu) ?? [];
  const spelledOut = words.filter((word) => negations.has(word) || word.endsWith("n't")).length;
  return spelledOut + (unspacedNegation.test(plain) ? 1 : 0);
}

export function denies(word: string): boolean {
  const plain = normalizeText(word).toLowerCase();
  return negations.has(plain) || plain.endsWith("n't") || unspacedNegation.test(plain);
}

/** Capitalised words that do not open a sentence, in scripts that have capitals. German writes every noun so: none there. */
export function namesIn(text: string, language: string | null): string[] {
  if (language === "de") return [];
  return [...normalizeText(text).matchAll(/(?<=[\p{L}\p{N},;)]['"]? )\p{Lu}[\p{L}\p{M}\p{N}]+/gu)].map(([name]) => name);
}
