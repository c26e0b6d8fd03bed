/**
 * How far a whole answer is borne out by its passages, sentence by sentence.
 *
 * @module
 */
import { type Judged, judgeSentence } from "./judge.ts";
import { splitSentences } from "./sentences.ts";
import { type GroundingInput, readSources } from "./sources.ts";

export interface Grounding {
  sentences: readonly (Judged & { text: string })[];
  /** How many sentences state something, and how many of those the passages bear out. */
  claims: number;
  supported: number;
  /** Places, from 0 among all sentences, of those that they don't. */
  unsupported: number[];
  /** The mean support (0..1) of the claims, and the worst; 0 when there are none. */
  mean: number;
  worst: number;
}

/** Sentences of an answer that are looked at; no answer to a customer has more. */
const sentencesMax = 200;

/** Judges an answer against the passages it was made from. Pure: the same input gives the same numbers. */
export function groundingOf(text: string, input: GroundingInput): Grounding {
  const sources = readSources(input);
  return summarize(
    splitSentences(text)
      .slice(0, sentencesMax)
      .map((sentence) => ({ ...judgeSentence(sentence, sources), text: sentence })),
  );
}

function summarize(sentences: readonly (Judged & { text: string })[]): Grounding {
  const claims = sentences.filter(({ kind }) => kind === "claim");
  const supports = claims.map(({ support, fault }) => (fault === null || fault === "words" ? support : 0));
  return {
    sentences,
    claims: claims.length,
    supported: claims.filter(({ fault }) => fault === null).length,
    unsupported: sentences.flatMap(({ fault }, place) => (fault === null ? [] : [place])),
    mean: supports.length === 0 ? 0 : supports.reduce((sum, value) => sum + value, 0) / supports.length,
    worst: supports.length === 0 ? 0 : Math.min(...supports),
  };
}
