/**
 * What the written answer tells about itself: is each sentence borne out by the passages it cites, and how sure was the
 * model of its words.
 *
 * @module
 */
import { citedNumbers } from "../citations.ts";
import { analyze } from "../lexical/analyze.ts";
import { sentencesOf } from "../lexical/sentences.ts";
import type { PromptPassage } from "../provider.ts";
import type { Features } from "./model.ts";

export interface WrittenAnswer {
  text: string;
  passages: readonly PromptPassage[];
  /** Natural logarithms, one a token; empty when the model gives none. */
  logprobs: readonly number[];
  citationsRemoved: number;
}

/** Sentences of an answer that are looked at. */
const sentencesMax = 40;

export function answerFeatures({ text, passages, logprobs, citationsRemoved }: WrittenAnswer): Features {
  const cited = new Set(citedNumbers(text));
  const source = new Set(
    passages
      .filter(({ index }) => cited.has(index))
      .flatMap(({ title, headingPath, text: body }) => analyze([title, ...headingPath, body].join("\n")).map(({ lexeme }) => lexeme)),
  );
  const shares = sentencesOf(text)
    .slice(0, sentencesMax)
    .map((sentence) => analyze(sentence.replace(/\[\d+\]/gu, " ")).map(({ lexeme }) => lexeme))
    .filter((lexemes) => lexemes.length > 0)
    .map((lexemes) => lexemes.filter((lexeme) => source.has(lexeme)).length / lexemes.length);
  return {
    /** 1 when there is an answer at all: the model was free to decline. */
    answered: 1,
    /** Words of the answer that the cited passages hold too: on average, and in the sentence that is worst off. */
    groundedMean: shares.length === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / shares.length,
    groundedWorst: shares.length === 0 ? 0 : Math.min(...shares),
    /** Passages cited, and citations of passages that were not there. */
    cited: Math.log1p(cited.size),
    citationsInvented: Math.log1p(citationsRemoved),
    ...(logprobs.length > 0 && { logprobMean: logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length }),
  };
}
