/**
 * The encodings we tell apart, and for each how much a decoded character speaks for or against it.
 * Refuses to know about bytes: a candidate only sees characters that came out of its decoder.
 *
 * @module
 */
import {
  commonHangul,
  commonKanji,
  commonSimplified,
  commonTraditional,
  frequentArabic,
  frequentCyrillic,
  frequentGreek,
  frequentHebrew,
  frequentThai,
  usualArabic,
  usualCyrillic,
  usualGreek,
  usualHebrew,
  usualThai,
} from "./common-characters.ts";

/** `weigh` gives -2 (hardly ever in real text) to 1 (what such text is made of) for one non-ASCII character. */
export interface Candidate {
  name: string;
  weigh: (character: string) => number;
  /** Added to the mean weight: what speaks for an encoding before a byte was read. */
  prior: number;
  /** Bytes that one non-ASCII character usually takes. */
  width: 1 | 2;
  /** True for Latin alphabets, whose letters are mostly ASCII: two special letters in a row are rare. */
  latin?: true;
}

const punctuation = /[\u00A0\u2010-\u2027\u2030-\u203A\u20AC\u2116\u2122\u00A7\u00A9\u00AB\u00AE\u00B0\u00B7\u00BB]/;
const asianPunctuation =
  /[\u3000-\u3003\u3005-\u3011\u3014\u3015\u301C\u30FB\uFF01-\uFF5E\u2018-\u201D\u2026\u2014\u2015\u00B7\u25CB\u25CF\u25A0\u25A1\u203B\u2605\u2606]/;

/** Common weighs 1, the code table's first level little, everything else speaks against. */
function asian(common: readonly ReadonlySet<string>[], firstLevel: () => ReadonlySet<string>, kana: number): Candidate["weigh"] {
  return (character) => {
    if (asianPunctuation.test(character)) return 0.7;
    if (/[\u3041-\u3096\u30A1-\u30FC]/.test(character)) return kana;
    if (common.some((characters) => characters.has(character))) return 1;
    if (firstLevel().has(character)) return 0.45;
    if (/[\uFF61-\uFF9F]/.test(character)) return -0.4;
    if (/[\u4E00-\u9FFF]/.test(character)) return -0.3;
    return -1;
  };
}

/** The characters of the rows of a double-byte table that hold the frequent signs. Made on first use, then kept. */
function rows(encoding: string, firstLead: number, lastLead: number, trails: readonly [number, number][]): () => ReadonlySet<string> {
  let made: Set<string> | undefined;
  return () => {
    if (made) return made;
    const bytes: number[] = [];
    for (let lead = firstLead; lead <= lastLead; lead++) {
      for (const [from, to] of trails) for (let trail = from; trail <= to; trail++) bytes.push(lead, trail);
    }
    made = new Set(new TextDecoder(encoding).decode(Uint8Array.from(bytes)));
    return made;
  };
}

/** An alphabet beside ASCII: frequent letters, usual ones, the rest, and signs that occur in any text. Capitals count a little less. */
function alphabet(frequent: ReadonlySet<string>, usual: ReadonlySet<string>, letters: RegExp): Candidate["weigh"] {
  return (character) => {
    if (letters.test(character)) {
      const small = character.toLowerCase();
      const weight = frequent.has(small) ? 1 : usual.has(small) ? 0.6 : 0.1;
      return small === character ? weight : weight * 0.85;
    }
    if (punctuation.test(character)) return 0.5;
    return /[\u0080-\u009F]/.test(character) ? -2 : -0.8;
  };
}

function latin(frequent: string, letters: string): Candidate["weigh"] {
  const common = new Set(frequent);
  const others = new Set(letters);
  return (character) => {
    if (common.has(character)) return 1;
    if (others.has(character)) return 0.4;
    if (punctuation.test(character)) return 0.5;
    return /[\u0080-\u009F]/.test(character) ? -2 : -0.6;
  };
}

const cyrillic = /[\u0401-\u045F\u0490\u0491]/;
const japaneseRows = rows("euc-jp", 0xb0, 0xcf, [[0xa1, 0xfe]]);
const simplifiedRows = rows("gb18030", 0xb0, 0xd7, [[0xa1, 0xfe]]);
const traditionalRows = rows("big5", 0xa4, 0xc6, [
  [0x40, 0x7e],
  [0xa1, 0xfe],
]);
const hangulRows = rows("euc-kr", 0xb0, 0xc8, [[0xa1, 0xfe]]);
let known: ReadonlySet<string> | undefined;
const anyRows = () => {
  known ??= new Set([...japaneseRows(), ...simplifiedRows(), ...hangulRows()]);
  return known;
};
const allAsian = asian([commonKanji, commonSimplified, commonTraditional, commonHangul], anyRows, 1);
const westernFrequent = "äöüßéèàçêâîôûùëïáíóúñãõåæøÄÖÜÉÀÅØ";
const westernOthers = "ìòÈÌÒÁÍÓÚÑÃÕÆÇÊÂÎÔÛÙËÏœŒÿðþýÐÞÝ¿¡£²³µ½¼¾šžŠŽ";

export const candidates: readonly Candidate[] = [
  { name: "shift_jis", width: 2, prior: 0, weigh: asian([commonKanji], japaneseRows, 1) },
  { name: "euc-jp", width: 2, prior: 0, weigh: asian([commonKanji], japaneseRows, 1) },
  // Both Chinese tables hold the kana too, but Chinese text has none.
  { name: "gb18030", width: 2, prior: 0, weigh: asian([commonSimplified], simplifiedRows, -0.5) },
  { name: "big5", width: 2, prior: 0, weigh: asian([commonTraditional], traditionalRows, -0.5) },
  { name: "euc-kr", width: 2, prior: 0, weigh: asian([commonHangul], hangulRows, -0.5) },
  { name: "windows-1251", width: 1, prior: 0, weigh: alphabet(frequentCyrillic, usualCyrillic, cyrillic) },
  { name: "koi8-r", width: 1, prior: 0, weigh: alphabet(frequentCyrillic, usualCyrillic, cyrillic) },
  { name: "koi8-u", width: 1, prior: -0.02, weigh: alphabet(frequentCyrillic, usualCyrillic, cyrillic) },
  { name: "ibm866", width: 1, prior: -0.05, weigh: alphabet(frequentCyrillic, usualCyrillic, cyrillic) },
  { name: "iso-8859-5", width: 1, prior: -0.05, weigh: alphabet(frequentCyrillic, usualCyrillic, cyrillic) },
  { name: "windows-1252", width: 1, latin: true, prior: 0.1, weigh: latin(westernFrequent, westernOthers) },
  {
    name: "windows-1250",
    width: 1,
    latin: true,
    prior: -0.12,
    weigh: latin("ąćęłńóśźżáčďéěíňřšťúůýžăâîșțşţőűöüäđôľ", "ĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽĂÂÎŞŢŐŰÖÜÄßĐÔĽ"),
  },
  {
    name: "iso-8859-2",
    width: 1,
    latin: true,
    prior: -0.17,
    weigh: latin("ąćęłńóśźżáčďéěíňřšťúůýžăâîşţőűöüäđôľ", "ĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽĂÂÎŞŢŐŰÖÜÄßĐÔĽ"),
  },
  { name: "windows-1254", width: 1, latin: true, prior: 0.08, weigh: latin("ışğüöçİ", "ŞĞÜÖÇâîûéè") },
  { name: "windows-1253", width: 1, prior: -0.02, weigh: alphabet(frequentGreek, usualGreek, /[\u0384-\u03CE]/) },
  { name: "windows-1255", width: 1, prior: -0.02, weigh: alphabet(frequentHebrew, usualHebrew, /[\u05B0-\u05F4]/) },
  { name: "windows-1256", width: 1, prior: -0.02, weigh: alphabet(frequentArabic, usualArabic, /[\u060C-\u06D2\u200C-\u200F]/) },
  { name: "windows-874", width: 1, prior: -0.02, weigh: alphabet(frequentThai, usualThai, /[\u0E01-\u0E5B]/) },
  { name: "macintosh", width: 1, latin: true, prior: -0.15, weigh: latin(westernFrequent, westernOthers) },
];

/** UTF-16 without a mark: any script may come, so anything well known speaks for it. */
export function weighUtf16(character: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what speaks against a decoding.
  if (/[\u0000-\u0008\u000E-\u001F\uE000-\uF8FF\uFFF0-\uFFFF]/.test(character)) return -2;
  if (/[\t\n\r -~]/.test(character)) return 1;
  if (punctuation.test(character) || /[\u00C0-\u024F\u0370-\u03FF\u0400-\u045F\u05D0-\u05EA\u0620-\u064A\u0E01-\u0E5B]/.test(character))
    return 0.8;
  return allAsian(character);
}
