/**
 * Takes out of what a model writes whatever is not words for people: invisible characters, pictures, HTML, and links that
 * hide behind words. Works on the stream; a bracket that could still become one of these waits for its end.
 *
 * It judges no link: what stood behind the words is put beside them, where it is judged like any other.
 *
 * @module
 */

/** A bracket's end is waited for this long, in characters; what is longer is no markup. */
const waitCharsMax = 2_500;
/** Nothing to see: zero-width, soft hyphen, order of writing, tags. */
const invisible = /[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;
/** Joiners make letters of some scripts and some emoji; between others they only hide. */
const idleJoiner =
  /(?<=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}\p{P}\s])[\u200C\u200D]+|[\u200C\u200D]+(?=[\p{Script=Latin}\p{N}])/gu;
/** Tags that do more than mark words; others may be what the answer is about. */
const tag =
  "\\/?(?:a|applet|audio|base|body|embed|form|frame|head|html|iframe|img|input|link|math|meta|object|script|span|style|svg|template|video)\\b";
const html = new RegExp(`<${tag}[^<>]{0,2000}>`, "giu");
const picture = /!\[[^\]\n]{0,300}\]\s?\([^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)/gu;
/** A number in brackets is a citation, whatever stands behind it. */
const opened = "\\[(?!\\d+\\])[^\\]\\n]";
const link = new RegExp(
  `(${opened}{1,300})\\]\\(([^()\\s]{0,2000}(?:\\([^()\\s]{0,200}\\)[^()\\s]{0,200})?)(?:\\s+"[^"\\n]{0,200}")?\\)`,
  "gu",
);
const undecided = new RegExp(
  `(?:!|!?${opened}{0,300}(?:\\]\\s?(?:\\([^\\n]{0,2000})?)?|<\\/?[a-z]*[^<>]{0,2000}|[\\u200C\\u200D]+)$`,
  "iu",
);
/** Where a markup that never ended begins. */
const torn = new RegExp(`(?:!\\[|${opened}{0,300}\\]\\(|<${tag}).*$`, "isu");

export interface PlainText {
  /** Takes a piece, gives what is sure of it. */
  push(text: string): string;
  /** The rest, when no more comes. */
  end(): string;
}

export function createPlainText(): PlainText {
  let held = "";
  /** The last character given: whether a joiner joins is seen by what stands before it. */
  let last = " ";
  const give = (text: string) => {
    const shown = (last + clean(text)).replace(idleJoiner, "").slice(last.length);
    last = shown.slice(-1) || last;
    return shown;
  };
  const clean = (text: string) =>
    text
      .replace(picture, "")
      .replace(link, (_, bracket: string, target: string) => {
        const words = bracket.slice(1);
        return /^(?:https?:|mailto:|tel:)/iu.test(target) && target !== words ? `${words} (${target})` : words;
      })
      .replace(html, "");
  return {
    push(text) {
      held = (held + text).replace(invisible, "");
      const from = held.search(undecided);
      const waits = from >= 0 && held.length - from <= waitCharsMax;
      const decided = waits ? held.slice(0, from) : held;
      held = waits ? held.slice(from) : "";
      return give(decided);
    },
    end() {
      const rest = give(clean(held).replace(torn, ""));
      held = "";
      return rest;
    },
  };
}
