/**
 * Takes back from an answer what stood on documents that were deleted while it was written.
 *
 * @module
 */
import { judgeSentence } from "../grounding/judge.ts";
import { splitSentences } from "../grounding/sentences.ts";
import { readSources } from "../grounding/sources.ts";
import type { Prepared } from "./prepare.ts";
import { passagesOf, type Writing } from "./write.ts";

/** The answer without the sentences that only the passages `gone` (by number) bear out, and without their numbers. */
export function withoutPassages(text: string, gone: readonly number[], { corpus, request }: Writing, prepared: Prepared): string {
  const passages = passagesOf(prepared).filter(({ index }) => !gone.includes(index));
  const sources = readSources({ passages, corpus, question: request.question });
  const kept: string[] = [];
  for (const run of citedRuns(text)) {
    const numbers = [...run.matchAll(/\[(\d{1,6})\]/gu)].map(([, number]) => Number(number));
    // All that a run of sentences cites is gone: so are the sentences.
    if (numbers.length > 0 && numbers.every((number) => gone.includes(number))) continue;
    const live = run.replace(/[ \t]*\[(\d{1,6})\]/gu, (mark, number: string) => (gone.includes(Number(number)) ? "" : mark));
    kept.push(...splitSentences(live).filter((sentence) => judgeSentence(sentence, sources).fault === null));
  }
  return kept.join("").trim();
}

/** The text in runs, each up to a citation: what is cited at the end of several sentences is cited for all of them. */
function citedRuns(text: string): string[] {
  const runs: string[] = [];
  let open = "";
  for (const sentence of splitSentences(text)) {
    open += sentence;
    if (!/\[\d{1,6}\]/u.test(sentence) && !/\n\s*$/u.test(sentence)) continue;
    runs.push(open);
    open = "";
  }
  if (open) runs.push(open);
  return runs;
}
