/**
 * Where a run of pieces is cut into passages. What decides is what the text says at each place, not how much stands before it:
 * an edit moves the cuts next to it and no others, so that the rest of an edited document is known by its hashes.
 *
 * Each place between two pieces has a rank, from the piece behind it: where a paragraph begins before where only a sentence does,
 * then by hash. A run that is too long for two passages is cut at its place of lowest rank, and so are its parts; one that
 * is just too long for one is cut into two. Places too near an end are left out, so that passages are neither tiny nor too
 * long.
 *
 * @module
 */

export interface Sized {
  text: string;
  /** True where a paragraph, list item or table row begins. */
  begins: boolean;
}

/** A run of pieces from `from` up to and without `to`. */
export interface Run {
  from: number;
  to: number;
}

/** The runs that the pieces are cut into, in order, each at most `charsMax` characters long unless it is one piece. */
export function cutRuns(pieces: readonly Sized[], charsMax: number): Run[] {
  const places = rankPlaces(pieces);
  const starts = new Float64Array(pieces.length + 1);
  pieces.forEach(({ text }, index) => {
    // One character stands between two pieces.
    starts[index + 1] = at(starts, index) + text.length + 1;
  });
  const runs: Run[] = [];
  const open: Run[] = pieces.length === 0 ? [] : [{ from: 0, to: pieces.length }];
  for (let run = open.pop(); run !== undefined; run = open.pop()) {
    const cut = whereToCut(run, starts, places, charsMax);
    if (cut === null) runs.push(run);
    else open.push({ from: cut, to: run.to }, { from: run.from, to: cut });
  }
  return runs;
}

/** The first piece of the second part; null when the run is one passage. */
function whereToCut({ from, to }: Run, starts: Float64Array, places: LowestRank, charsMax: number): number | null {
  const begin = at(starts, from);
  const length = at(starts, to) - begin - 1;
  if (to - from < 2 || length <= charsMax) return null;
  const two = length <= 2 * charsMax;
  // In two parts that both fit, or else anywhere that leaves half a passage on either side.
  const edge = two ? Math.max(length - charsMax, charsMax / 3) : charsMax / 2;
  const first = firstFrom(starts, begin + edge, from + 1, to);
  const beyond = firstFrom(starts, begin + length + 1 - edge + 0.5, from + 1, to);
  if (first < beyond) return places.lowest(first, beyond);
  // A piece so long that nothing fits: beside it, on the side that is nearer the middle.
  const middle = firstFrom(starts, begin + length / 2, from + 1, to - 1);
  const before = Math.max(from + 1, middle - 1);
  return Math.abs(at(starts, before) - begin - length / 2) <= Math.abs(at(starts, middle) - begin - length / 2) ? before : middle;
}

/** The first place in `low..high` that stands at `position` or later; `high` when none does. */
function firstFrom(starts: Float64Array, position: number, low: number, high: number): number {
  let [least, most] = [low, high];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (at(starts, middle) >= position) most = middle;
    else least = middle + 1;
  }
  return least;
}

interface LowestRank {
  /** The place of lowest rank in `from..to`, without `to`; the first of equals. */
  lowest(from: number, to: number): number;
}

/** A tree over the ranks, so that a text of any length and any ranks is cut in n log n. */
function rankPlaces(pieces: readonly Sized[]): LowestRank {
  const size = pieces.length;
  const ranks = Float64Array.from(pieces, ({ text, begins }) => (begins ? 0 : 2 ** 32) + hash(text));
  const tree = new Int32Array(2 * Math.max(1, size));
  const lower = (a: number, b: number) => (at(ranks, b) < at(ranks, a) || (at(ranks, b) === at(ranks, a) && b < a) ? b : a);
  for (let index = 0; index < size; index++) tree[size + index] = index;
  for (let index = size - 1; index > 0; index--) tree[index] = lower(at(tree, 2 * index), at(tree, 2 * index + 1));
  return {
    lowest: (from, to) => {
      let best = from;
      for (let low = from + size, high = to + size; low < high; low >>= 1, high >>= 1) {
        if (low & 1) best = lower(best, at(tree, low++));
        if (high & 1) best = lower(best, at(tree, --high));
      }
      return best;
    },
  };
}

/** FNV-1a over UTF-16 units with a final mix, so that texts that differ in one letter have ranks far apart. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x0100_0193);
  value = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2_ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function at(values: Float64Array | Int32Array, index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error("a place outside of the text");
  return value;
}
