/**
 * Cutting anew what was cut before: passages that still stand in the text, word for word, stay as they are, so that an edit
 * costs the passages it touches, wherever the rule alone would have cut.
 *
 * @module
 */
import { cutRuns, type Run, type Sized } from "./boundaries.ts";

/** The passages that a section had, and their lengths, which tell most texts apart without comparing them. */
export interface KnownPassages {
  texts: Set<string>;
  lengths: Set<number>;
}

export interface KeepOptions {
  /** As `cutRuns` takes it. */
  charsMax: number;
  known: KnownPassages | null;
  /** The text of a passage, as it would be kept. */
  textOf(from: number, to: number): string;
  /** No passage is longer. */
  textCharsMax: number;
}

interface KeptRun extends Run {
  kept: boolean;
}

/** Less than this share of a passage left between two that stay is too little for one of its own. */
const aloneShareMin = 1 / 3;

/** The runs of the pieces, in order: known ones where they stand, the rest as `cutRuns` has it. */
export function keepRuns(pieces: readonly Sized[], options: KeepOptions): Run[] {
  if (options.known === null) return cutRuns(pieces, options.charsMax);
  const lengthOf = ({ from, to }: Run) => pieces.slice(from, to).reduce((sum, { text }) => sum + text.length + 1, -1);
  const runs = absorb(standing(pieces, options.known, options), lengthOf, options.charsMax);
  return runs.flatMap((run) =>
    run.kept
      ? [run]
      : cutRuns(pieces.slice(run.from, run.to), options.charsMax).map(({ from, to }) => ({ from: from + run.from, to: to + run.from })),
  );
}

/** What stands of the known passages, from the first piece on, and what lies between. */
function standing(pieces: readonly Sized[], known: KnownPassages, options: KeepOptions): KeptRun[] {
  const runs: KeptRun[] = [];
  let loose = 0;
  for (let from = 0; from < pieces.length; ) {
    const to = knownEnd(pieces, from, known, options);
    if (to === null) {
      from += 1;
      continue;
    }
    if (from > loose) runs.push({ from: loose, to: from, kept: false });
    runs.push({ from, to, kept: true });
    from = to;
    loose = to;
  }
  if (loose < pieces.length) runs.push({ from: loose, to: pieces.length, kept: false });
  return runs;
}

/** Where the longest known passage ends that begins at `from`; null when none does. */
function knownEnd(pieces: readonly Sized[], from: number, known: KnownPassages, { textOf, textCharsMax }: KeepOptions): number | null {
  let end: number | null = null;
  let text = textOf(from, from + 1);
  let length = text.length;
  for (let to = from + 1; length <= textCharsMax; to++) {
    if (known.lengths.has(length)) {
      text = textOf(from, to);
      if (known.texts.has(text)) end = to;
    }
    const next = pieces[to];
    if (!next) break;
    length += 1 + next.text.length;
  }
  return end;
}

/** Puts what is too short for a passage of its own together with its shorter neighbour. */
function absorb(runs: readonly KeptRun[], lengthOf: (run: Run) => number, charsMax: number): KeptRun[] {
  const given = [...runs];
  for (let index = 0; index < given.length; index++) {
    const run = given[index];
    if (!run || run.kept || lengthOf(run) >= charsMax * aloneShareMin) continue;
    const [before, after] = [given[index - 1], given[index + 1]];
    if (before && (!after || lengthOf(before) <= lengthOf(after))) {
      given.splice(index - 1, 2, { from: before.from, to: run.to, kept: false });
      index -= 1;
    } else if (after) {
      given.splice(index, 2, { from: run.from, to: after.to, kept: false });
    }
  }
  return given;
}
