/**
 * Whether two questions ask for the same thing, by their words alone: what an approved answer is given for, and which
 * unanswered questions are counted as one. Errs towards no: who is not understood gets a written answer, who is
 * misunderstood gets a wrong one.
 *
 * @module
 */
import { subjectOf } from "./confidence/fillers.ts";
import { nearCoverage } from "./confidence/near-words.ts";
import { analyze } from "./lexical/analyze.ts";
import { normalizeText } from "./lexical/normalize.ts";
import { hashedVector } from "./local/embed.ts";

/**
 * The likeness from which two questions are the same. Measured on the titles of stackfaq's dev split against customers'
 * paraphrases: 58 of 420 paraphrases found, and none given another's title, neither of these, nor of the 420 with their own
 * title taken away, nor of 1,110 other questions. (At .65 none either; at .6 one of 70 was wrong.)
 */
export const sameQuestionMin = 0.7;

/** A question as it is compared; made once and compared with many. */
export interface ReadQuestion {
  /** Without case, width, punctuation and spaces that say nothing. */
  plain: string;
  vector: Float32Array;
  lexemes: ReadonlySet<string>;
  subject: readonly string[];
  /** What must not be exchanged: the subject and the words that give it a direction. */
  telling: readonly string[];
  numbers: ReadonlySet<string>;
  negated: boolean;
  words: ReadonlySet<string>;
}

export function readQuestion(text: string): ReadQuestion {
  const normal = normalizeText(text).toLowerCase();
  const words = new Set(normal.match(/[\p{L}\p{M}\p{N}]+(?:'[\p{L}\p{M}]+)*/gu) ?? []);
  const lexemes = [...new Set(analyze(text).map(({ lexeme }) => lexeme))];
  const subject = subjectOf(lexemes);
  return {
    plain: plainText(normal),
    vector: hashedVector(text),
    lexemes: new Set(lexemes),
    subject,
    telling: [...new Set([...subject, ...lexemes.filter((lexeme) => directions.has(lexeme))])],
    numbers: new Set(normal.match(/\p{N}+(?:[.,]\p{N}+)*/gu) ?? []),
    negated: [...words].filter((word) => negations.has(word) || word.endsWith("n't")).length % 2 === 1,
    words,
  };
}

/**
 * How alike two questions are, 0..1; 1 when they are the same but for case and punctuation. `meaning` is the cosine of a
 * model's vectors, when there are any: it can raise the likeness, never over a word that was exchanged for another, a
 * number that differs, or a "not".
 */
export function questionLikeness(one: ReadQuestion, other: ReadQuestion, meaning: number | null = null): number {
  if (one.plain !== "" && one.plain === other.plain) return 1;
  if (one.negated !== other.negated || !sameSet(one.numbers, other.numbers)) return 0;
  if (opposed(one.words, other.words) || exchanged(one, other)) return 0;
  return Math.min(0.99, raised(wordLikeness(one, other), meaning));
}

/**
 * How much two questions are about the same, 0..1: the mean of their hashed vectors' cosine and of the share of telling
 * words in common. Good enough to put them on one pile, not to give one the other's answer.
 */
export function topicLikeness(one: ReadQuestion, other: ReadQuestion, meaning: number | null = null): number {
  return one.plain !== "" && one.plain === other.plain ? 1 : raised(wordLikeness(one, other), meaning);
}

function raised(byWords: number, meaning: number | null): number {
  return meaning === null ? byWords : Math.max(byWords, (byWords + meaning) / 2);
}

function wordLikeness(one: ReadQuestion, other: ReadQuestion): number {
  const [precision, recall] = [nearCoverage(one.subject, other.lexemes, evenly), nearCoverage(other.subject, one.lexemes, evenly)];
  const overlap = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return Math.max(0, (dot(one.vector, other.vector) + overlap) / 2);
}

/** True when a question can be understood without what was said before: it names enough, or points back at nothing. */
export function standsAlone(text: string): boolean {
  const { subject, words } = readQuestion(text);
  // Of scripts without spaces each pair of characters is a lexeme.
  const perWord = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text) ? 2 : 1;
  if (subject.length >= enoughWords * perWord) return true;
  return subject.length >= fewWords * perWord && ![...words].some((word) => pointsBack.has(word));
}

/** So many telling words are a question whatever else it says; so few are one only without a word for what was said before. */
const enoughWords = 4;
const fewWords = 2;

const list = (text: string): string[] => text.trim().split(/\s+/);

/** Words for what was spoken of before. */
const pointsBack: ReadonlySet<string> = new Set(
  list(`it its it's that's this these those they them their he she him her ones instead else
    dies diese dieser dieses es dafür damit davon ça cela ceci celui celle eso esto ese esa esta aquello lo
    questo quello isso isto dat dit deze это этот эта того этого`),
);

/** A word of these in one question, and not in the other, turns what is asked into its opposite. */
const negations: ReadonlySet<string> = new Set(
  list(`not no never without cannot cant nicht kein keine keinen ohne nie pas sans jamais sin nunca ninguna ningún
    non senza mai não sem niet geen zonder nooit değil olmadan не нет без لا بدون ليس नहीं बिना`),
);

/** Words that `analyze` or `subjectOf` would pass over, and that give a question its direction. */
const directions: ReadonlySet<string> = new Set(
  analyze("start stop begin end enable disable allow prevent open close keep change cancel new old always never last first").map(
    ({ lexeme }) => lexeme,
  ),
);

const opposites: ReadonlyMap<string, string> = new Map(
  [
    ..."before after|in out|on off|up down|with without|over under|more less|enable disable|activate deactivate|upgrade downgrade".split(
      "|",
    ),
    ..."increase decrease|subscribe unsubscribe|install uninstall|import export|upload download|login logout|connect disconnect".split("|"),
    ..."incoming outgoing|lock unlock|block unblock|follow unfollow|link unlink|mute unmute|archive unarchive|send receive".split("|"),
    ..."open close|start stop|start end|buy sell|add remove|add delete|create delete|show hide|accept reject|accept decline".split("|"),
    ..."first last|minimum maximum|min max|sender recipient|public private|online offline|monthly yearly|monthly annual".split("|"),
  ].flatMap((pair) => {
    const [one = "", other = ""] = pair.split(" ");
    return [
      [one, other],
      [other, one],
    ] as const;
  }),
);

/** One says a word whose opposite the other says instead. (A map keeps the last of several; the plain check of exchange has the rest.) */
function opposed(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((word) => {
    const opposite = opposites.get(word);
    return opposite !== undefined && other.has(opposite) && !one.has(opposite) && !other.has(word);
  });
}

/**
 * Each has a telling word that nothing in the other is like: "delete" for "create", one product for another. A word that
 * both have is not there to be like another: "Vimeo" is not the "video" that both speak of.
 */
function exchanged(one: ReadQuestion, other: ReadQuestion): boolean {
  return lacks(one, other) && lacks(other, one);
}

function lacks(one: ReadQuestion, other: ReadQuestion): boolean {
  const rest = new Set([...other.lexemes].filter((lexeme) => !one.lexemes.has(lexeme)));
  return one.telling.some((word) => !other.lexemes.has(word) && nearCoverage([word], rest, evenly) === 0);
}

const evenly = () => 1;

function plainText(normal: string): string {
  return normal.replace(/[^\p{L}\p{M}\p{N}]+/gu, " ").trim();
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let place = 0; place < one.length; place += 1) sum += (one[place] ?? 0) * (other[place] ?? 0);
  return sum;
}
