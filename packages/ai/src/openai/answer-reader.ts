/**
 * Reads `{"action": "...", "answer": "..."}` while it is still being written, and gives the answer's text as plain
 * characters the moment they are sure. Any split is fine: inside an escape, between two halves of a surrogate pair.
 * What is not such an object is never passed on: `complete()` stays false and nothing was given. A code fence around the
 * object and thoughts in front of it (`<think>…</think>`) are passed over.
 *
 * @module
 */
type Action = "answer" | "handoff";
export type ReaderPart = { type: "action"; action: Action } | { type: "text"; text: string };

export interface AnswerReader {
  /** Takes the next piece of raw output. Gives what became sure; text only after the action is known. */
  push(piece: string): ReaderPart[];
  /** True when the object was closed, had both fields as strings, and nothing but white space followed. */
  complete(): boolean;
  /** True when what came so far cannot become such an object any more. */
  broken(): boolean;
  /** Raw characters read so far that stand inside the answer's string: which pieces of output were answer, not JSON. */
  answerChars(): number;
}

export interface ReaderOptions {
  /** For models that could not be held to JSON: words before and after the object are passed over. */
  loose?: boolean;
}

type State = "start" | "thoughts" | "key" | "inKey" | "colon" | "value" | "inString" | "inOther" | "comma" | "end" | "broken";
const escapes: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
/** More raw output than any answer needs; a model that loops is cut here. */
const charsMax = 200_000;
const thoughtsBegin = "<think>";
const thoughtsEnd = "</think>";

export function createAnswerReader({ loose = false }: ReaderOptions = {}): AnswerReader {
  let state: State = "start";
  let key = "";
  let value = "";
  let escaped: string | null = null;
  let highSurrogate = "";
  let depth = 0;
  let otherInString = false;
  let otherEscaped = false;
  let seen = 0;
  let started = "";
  let action: Action | null = null;
  let answer = false;
  let held = "";
  let inAnswer = 0;

  /** One decoded character of the string being read. A half of a surrogate pair waits for its other half. */
  function take(unit: string): void {
    const high = /[\uD800-\uDBFF]/.test(unit);
    const low = /[\uDC00-\uDFFF]/.test(unit);
    if (low) value += highSurrogate ? highSurrogate + unit : "\uFFFD";
    else value += (highSurrogate ? "\uFFFD" : "") + (high ? "" : unit);
    highSurrogate = high ? unit : "";
  }

  /** Reads one character of a string. True when it was the closing quote. */
  function string(character: string): boolean {
    if (escaped !== null) {
      escaped += character;
      if (escaped[0] !== "u") {
        const plain = escapes[escaped];
        if (plain === undefined) state = "broken";
        else take(plain);
        escaped = null;
      } else if (!/^u[0-9a-fA-F]*$/.test(escaped)) {
        state = "broken";
      } else if (escaped.length === 5) {
        take(String.fromCharCode(Number.parseInt(escaped.slice(1), 16)));
        escaped = null;
      }
      return false;
    }
    if (character === "\\") escaped = "";
    else if (character === '"') {
      if (highSurrogate) value += "\uFFFD";
      highSurrogate = "";
      return true;
    } else take(character);
    return false;
  }

  /** A value nobody asked for: skipped with its nesting. */
  function other(character: string): void {
    if (otherInString) {
      if (otherEscaped) otherEscaped = false;
      else if (character === "\\") otherEscaped = true;
      else if (character === '"') otherInString = false;
    } else if (character === '"') otherInString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (depth === 0 && character === ",") state = "key";
    else if (depth === 0 && character === "}") state = "end";
    else if (character === "}" || character === "]") depth -= 1;
  }

  /** The first word for the action counts; one we do not know is a broken format. */
  function decide(word: string): void {
    if (word === "answer" || word === "handoff") action ??= word;
    else state = "broken";
  }

  function begin(character: string): void {
    started += character;
    const opening = started.trimStart();
    if (opening === thoughtsBegin) state = "thoughts";
    else if (loose && character === "{") state = "key";
    else if (loose || (opening !== "" && thoughtsBegin.startsWith(opening))) started = started.slice(-thoughtsBegin.length);
    // Some compatible servers wrap their JSON in a code fence however they are asked.
    else if (character === "{" && /^\s*(```(json)?\s*)?\{$/.test(started)) state = "key";
    else if (!/^\s*(`{0,3}|```(j(s(o(n\s*)?)?)?)?|```\s*)$/.test(started)) state = "broken";
  }

  function think(character: string): void {
    started = (started + character).slice(-thoughtsEnd.length);
    if (started !== thoughtsEnd) return;
    state = "start";
    started = "";
  }

  function step(character: string): void {
    const blank = /\s/.test(character);
    if (state === "start") begin(character);
    else if (state === "thoughts") think(character);
    else if (state === "inKey") {
      if (string(character)) {
        key = value;
        state = "colon";
      }
    } else if (state === "inString") {
      if (!string(character)) inAnswer += key === "answer" ? 1 : 0;
      else {
        if (key === "action") decide(value);
        else if (key === "answer") answer = true;
        if (state === "inString") state = "comma";
      }
    } else if (state === "inOther") other(character);
    else if (blank) return;
    else if (state === "key" && character === '"') {
      value = "";
      state = "inKey";
    } else if (state === "colon" && character === ":") state = "value";
    else if (state === "value" && character === '"') {
      value = "";
      state = "inString";
    } else if (state === "value" && !"}],:".includes(character)) {
      depth = 0;
      state = "inOther";
      other(character);
    } else if (state === "comma" && character === ",") state = "key";
    else if ((state === "comma" || state === "key") && character === "}") state = "end";
    else if (state !== "end" || (character !== "`" && !loose)) state = "broken";
    // A brace in the words before the object was not the object.
    if (loose && state === "broken" && action === null && !answer && held === "") restart();
  }

  function restart(): void {
    state = "start";
    started = "words ";
    key = value = "";
    escaped = null;
    highSurrogate = "";
  }

  return {
    push(piece) {
      const parts: ReaderPart[] = [];
      for (const character of piece.split("")) {
        if (state === "broken") break;
        seen += 1;
        const knew = action;
        if (seen > charsMax) state = "broken";
        else step(character);
        if (knew === null && action !== null) parts.push({ type: "action", action });
        if (key === "answer" && (state === "inString" || state === "comma") && value) {
          held += value;
          value = "";
        }
      }
      // Once broken, not even what was read before the break is to be trusted further.
      if (state !== "broken" && action !== null && held) {
        parts.push({ type: "text", text: held });
        held = "";
      }
      return parts;
    },
    complete: () => state === "end" && action !== null && answer,
    broken: () => state === "broken",
    answerChars: () => inAnswer,
  };
}
