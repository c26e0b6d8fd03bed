/**
 * Stands between the model and the customer. Words that the passages have go through as they come; at the first that
 * they don't have, or that could turn the sense, the rest of the sentence waits until it is whole and has been judged. So
 * nothing is ever shown that the passages don't bear out, and what quotes them is shown without delay.
 *
 * @module
 */
import { detectLanguage } from "../language/detect.ts";
import { stopWords } from "../lexical/stop-words.ts";
import { hasToken } from "../pii/vault.ts";
import { isFalsePromise, mayOpenPromise } from "../promises/false-promise.ts";
import { denies } from "./facts.ts";
import { type Judged, judgeSentence } from "./judge.ts";
import type { LeakWatch } from "./leaks.ts";
import { splitSentences } from "./sentences.ts";
import { type Sources, wordsOf } from "./sources.ts";

/** Why the rest of an answer is not wanted. `language`: it is not the customer's, and nothing was shown yet. */
export type Stop = "false_promise" | "leak_suspected" | "format" | "ungrounded" | "language";

export interface Gate {
  /** Takes a piece of answer; gives what may be shown now. */
  push(text: string): string;
  /** The rest, when no more comes. */
  end(): string;
  /** Set as soon as the answer cannot be given any more; nothing is shown from then on. */
  stopped(): Stop | null;
  /** `end` for an answer that was cut off: a sentence that is not whole is left out. */
  cut(): string;
  /** All that may be said. Not what was shown, when a sentence had begun to show and then failed: see `torn`. */
  text(): string;
  /** True when words were shown that the answer does not have; from then on nothing more is shown. */
  torn(): boolean;
  /** Citations that named a passage which says nothing of the kind and were set right. */
  corrected(): number;
  /** Every sentence as it was judged, also those taken out. */
  judged(): readonly (Judged & { text: string; kept: boolean })[];
}

export interface GateOptions {
  sources: Sources;
  leaks: LeakWatch;
  passages: readonly string[];
  /** The language the reply should be in; null: unknown. */
  language: string | null;
  /** Stop when the first sentences are in another one. Off for a second try: a grounded answer is better than none. */
  strictLanguage: boolean;
}

/** Citations that are added to a paragraph which has none. */
const citationsAddedMax = 3;
/** A citation is set right when another passage has this much more of the claim's words than the cited one. */
const betterBy = 0.3;
/** Fewer letters do not show their language. */
const languageCharsMin = 40;
const openEnd = /[\s.!?…。！？:;"”'’)\]]*$/u;
/** Words that lean on the sentence before; without it they say nothing, or something else. */
const leaning =
  /^[\s*-]*(?:it|this|that|these|those|they|however|but|also|additionally|otherwise|then|so|therefore|es|dies|diese|dieser|das|jedoch|aber|außerdem|auch|sonst|dann|esto|eso|también|además|pero|ceci|cela|aussi|mais|sinon|questo|anche|ma|inoltre|isso|isto|também|mas|além|dit|dat|ook|maar|bu|ayrıca|ancak|это|также|но|однако|这|但|也|これ|それ|また|しかし)(?![\p{L}])/iu;
const smallWords: ReadonlySet<string> = new Set(Object.values(stopWords).flatMap((words) => [...words]));

export function createGate({ sources, leaks, passages, language, strictLanguage }: GateOptions): Gate {
  const judged: (Judged & { text: string; kept: boolean })[] = [];
  /** The sentence that is not whole yet, and how much of it was shown. */
  let open = "";
  let shownOfOpen = 0;
  let text = "";
  let stop: Stop | null = null;
  /** Passages behind the sentences since the last citation of this paragraph. */
  let uncited: number[] = [];
  let languageSeen = "";
  let torn = false;
  let corrected = 0;

  function show(piece: string): string {
    text += piece;
    return torn ? "" : piece;
  }

  function close(whole: string, last: boolean): string {
    const begun = shownOfOpen;
    shownOfOpen = 0;
    const verdict = judgeSentence(whole, sources);
    stop ??= stopFor(whole, verdict);
    const dangling = verdict.kind === "claim" && judged.at(-1)?.kept === false && leaning.test(whole);
    const kept = stop === null && verdict.fault === null && !dangling;
    judged.push({ ...verdict, text: whole, kept });
    if (!kept && begun > 0) {
      torn = true;
      text = text.slice(0, text.length - begun);
    }
    if (!kept && isFirstClaim(verdict)) stop ??= "ungrounded";
    if (stop !== null) return "";
    const endsParagraph = last || /\n\s*$/u.test(whole);
    if (!kept) return endsParagraph ? endParagraph("") : "";
    const rest = setRight(whole.slice(begun), verdict);
    if (verdict.cited.length > 0) uncited = [];
    else if (verdict.kind === "claim" && verdict.by !== null) uncited.push(verdict.by);
    return endsParagraph ? endParagraph(rest) : show(rest);
  }

  /** A citation of a passage that says nothing of the kind becomes one of the passage that does. */
  function setRight(rest: string, { kind, cited, support, citedSupport, by }: Judged): string {
    if (kind === "talk" || by === null || support - citedSupport < betterBy) return rest;
    corrected += cited.length;
    let given = false;
    return rest.replace(/ ?\[\d{1,6}\]/gu, (mark) => {
      if (given) return "";
      given = true;
      return `${mark.startsWith(" ") ? " " : ""}[${by}]`;
    });
  }

  /** A paragraph whose last sentences cite nothing gets the numbers of the passages that bear them out. */
  function endParagraph(rest: string): string {
    const numbers = [...new Set(uncited)].slice(0, citationsAddedMax);
    uncited = [];
    if (numbers.length === 0) return show(rest);
    const blank = /\s*$/u.exec(rest)?.[0] ?? "";
    return show(`${rest.slice(0, rest.length - blank.length)} ${numbers.map((number) => `[${number}]`).join("")}${blank}`);
  }

  function isFirstClaim({ kind }: Judged): boolean {
    return kind === "claim" && judged.filter((one) => one.kind === "claim").length === 1;
  }

  function stopFor(sentence: string, verdict: Judged): Stop | null {
    const leak = leaks.find(sentence);
    if (leak) return leak === "format" ? "format" : "leak_suspected";
    if (isFalsePromise(sentence, verdict.fault === null ? passages : [])) return "false_promise";
    if (language === null || text !== "" || languageSeen.length >= languageCharsMin) return null;
    languageSeen += sentence;
    if (!strictLanguage || languageSeen.length < languageCharsMin) return null;
    const found = detectLanguage(languageSeen);
    return found !== null && found !== language ? "language" : null;
  }

  /** As much of the open sentence as can be shown before it is whole. */
  function showSafe(): string {
    const safe = safeLength(open, sources, language);
    if (safe <= shownOfOpen) return "";
    const piece = open.slice(shownOfOpen, safe);
    shownOfOpen = safe;
    return show(piece);
  }

  return {
    push(piece) {
      if (stop !== null) return "";
      open += piece;
      let shown = "";
      const sentences = splitSentences(open);
      open = sentences.pop() ?? "";
      for (const sentence of sentences) if (stop === null) shown += close(sentence, false);
      return stop === null ? shown + showSafe() : "";
    },
    end() {
      const sentence = open;
      open = "";
      if (stop !== null) return "";
      if (sentence.trim() !== "") return close(sentence, true);
      return endParagraph("");
    },
    cut() {
      if (stop !== null) return "";
      if (/(?:[.!?…。！？]["'”’)]?|\])\s*$/u.test(open)) return this.end();
      if (shownOfOpen > 0) {
        torn = true;
        text = text.slice(0, text.length - shownOfOpen);
      }
      open = "";
      shownOfOpen = 0;
      return endParagraph("");
    },
    torn: () => torn,
    corrected: () => corrected,
    stopped: () => stop,
    text: () => text,
    judged: () => judged,
  };
}

/** Up to where every word is one of the passages or a small one, and none could turn the sense or open a promise. */
function safeLength(open: string, sources: Sources, language: string | null): number {
  if (language === null || !sources.all.some((source) => source.language === null || source.language === language)) return 0;
  const whole = open.slice(0, open.search(/\S*$/u));
  let safe = 0;
  for (const match of whole.matchAll(/\s*\S+/gu)) {
    const [word] = match;
    const end = match.index + word.length;
    if (/[{}<>[\]@/\\|]|\w\.\w/u.test(word) || hasToken(word) || mayOpenPromise(word)) break;
    const words = wordsOf(word);
    if (words.some((one) => denies(one) || !(sources.words.has(one) || (smallWords.has(one) && !/\p{N}/u.test(one))))) break;
    safe = end;
  }
  // What may turn out to be the sentence's end waits: a citation can still be put before it.
  return open.slice(0, safe).search(openEnd);
}
