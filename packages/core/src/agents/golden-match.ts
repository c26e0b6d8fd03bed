/**
 * Whether an answer says a fact: the fact's words in a row, however they are cased, spaced or punctuated, and numbers by
 * their value. It knows no synonyms: who means several wordings writes them with `|` between.
 *
 * @module
 */

/** A word, a number with its separators, a single character of a script without spaces, or a sign that says something. */
const tokenPattern =
  /\p{Nd}+(?:[.,'\u00A0\u2009\u202F ]\p{Nd}+)*|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Nd}])[\p{L}\p{M}])+|[%‰°$€£¥₹]/gu;

/** The digits of scripts that have their own, by the code point of their zero. (Full-width ones are made plain by NFKC.) */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];

/** True when the text says one of the fact's alternatives. */
export function saysFact(text: string, fact: string): boolean {
  const said = tokensOf(text);
  return fact.split("|").some((way) => holdsRun(said, tokensOf(way)));
}

/** The alternatives of a fact that hold anything to compare. */
export function waysOf(fact: string): string[] {
  return fact.split("|").filter((way) => tokensOf(way).length > 0);
}

function holdsRun(said: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return false;
  for (let start = 0; start + wanted.length <= said.length; start += 1) {
    if (wanted.every((token, place) => said[start + place] === token)) return true;
  }
  return false;
}

function tokensOf(text: string): string[] {
  // Narrow spaces within numbers before NFKC makes them plain ones.
  const plain = text
    .replace(/(?<=\p{Nd})[\u00A0\u2009\u202F](?=\p{Nd})/gu, "'")
    .normalize("NFKC")
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(/[’ʼ‘`´]/gu, "'")
    .toLowerCase();
  return (plain.match(tokenPattern) ?? []).flatMap((token) => (/\p{Nd}/u.test(token) ? numberTokens(token) : [token]));
}

function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  const zero = zeros.find((start) => point >= start && point < start + 10);
  return zero === undefined ? digit : String(point - zero);
}

/**
 * `1,000`, `1.000`, `1'000` and `1 000` are 1000; `2,50` and `2.5` are 2.5. A separator with three digits behind it
 * groups thousands, unless a lone zero stands before it (`0.125`). What is no single number (a date, a version) is its parts.
 */
function numberTokens(token: string): string[] {
  const grouped = /^(?!0[.,' ])\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:(?!\1)[.,](\d+))?$/u.exec(token);
  if (grouped) {
    const decimals = grouped[2];
    const whole = decimals === undefined ? token : token.slice(0, -decimals.length - 1);
    return [canonical(whole.replace(/\D/gu, ""), decimals ?? "")];
  }
  const decimal = /^(\d+)[.,](\d+)$/u.exec(token);
  if (decimal) return [canonical(decimal[1] ?? "", decimal[2] ?? "")];
  return token.split(/\D+/u).map((part) => canonical(part, ""));
}

function canonical(whole: string, decimals: string): string {
  const rest = decimals.replace(/0+$/u, "");
  return `${whole.replace(/^0+(?=\d)/u, "")}${rest === "" ? "" : `.${rest}`}`;
}
