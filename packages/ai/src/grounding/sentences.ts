/**
 * An answer cut into sentences without losing a character: each takes the citations and blanks that follow it, so that
 * the pieces put together are the text again. Lines end sentences.
 *
 * @module
 */
import { endsInAbbreviation } from "../lexical/sentences.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "sentence" });
/** Citations that stand after the full stop belong to what they follow. */
const leadingCitations = /^(?:\s*\[\d{1,6}\])+[.!?。！？]?\s*/u;

/** The pieces, in order; joined they are `text`. */
export function splitSentences(text: string): string[] {
  const pieces: string[] = [];
  for (const line of text.split(/(?<=\n)(?=[^\n])/u)) {
    let open = "";
    const first = pieces.length;
    for (const { segment } of segmenter.segment(line)) {
      let rest = segment;
      const cited = leadingCitations.exec(rest);
      if (open === "" && cited && pieces.length > first) {
        pieces[pieces.length - 1] += cited[0];
        rest = rest.slice(cited[0].length);
      }
      open += rest;
      // A mark with no blank behind it is in the middle of something: a link, a file's name.
      if (open === "" || endsInAbbreviation(open) || /[.!?]$/u.test(open)) continue;
      pieces.push(open);
      open = "";
    }
    if (open) pieces.push(open);
  }
  return pieces;
}
