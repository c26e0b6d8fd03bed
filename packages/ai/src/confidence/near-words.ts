/**
 * How much of some words a text has when a nearly equal word counts in part: `sync` and `synced`, a typing error, a
 * compound. Two words are compared by the three-letter pieces that they share.
 *
 * @module
 */

/** Below this share of pieces (Dice) two words are different words. */
const nearMin = 0.4;
const pieceLength = 3;

/** The different pieces of a word, its edges marked. A word of one or two letters has none: it is itself or nothing. */
function piecesOf(word: string): ReadonlySet<string> {
  const pieces = new Set<string>();
  if (word.length < pieceLength) return pieces;
  const marked = `_${word}_`;
  for (let start = 0; start + pieceLength <= marked.length; start += 1) pieces.add(marked.slice(start, start + pieceLength));
  return pieces;
}

/** For each wanted word the likeness, 0..1, of the word in `present` that is nearest to it. */
function nearest(wanted: Iterable<string>, present: ReadonlySet<string>): Map<string, number> {
  const best = new Map<string, number>();
  const sizes = new Map<string, number>();
  const wordsWith = new Map<string, string[]>();
  for (const word of wanted) {
    best.set(word, present.has(word) ? 1 : 0);
    if (present.has(word)) continue;
    const pieces = piecesOf(word);
    sizes.set(word, pieces.size);
    for (const piece of pieces) wordsWith.set(piece, [...(wordsWith.get(piece) ?? []), word]);
  }
  if (wordsWith.size === 0) return best;
  for (const other of present) {
    const pieces = piecesOf(other);
    const shared = new Map<string, number>();
    for (const piece of pieces) for (const word of wordsWith.get(piece) ?? []) shared.set(word, (shared.get(word) ?? 0) + 1);
    for (const [word, count] of shared) {
      const likeness = (2 * count) / (pieces.size + (sizes.get(word) ?? 0));
      if (likeness >= nearMin && likeness > (best.get(word) ?? 0)) best.set(word, likeness);
    }
  }
  return best;
}

/** The share of `wanted`, weighed by `worthOf`, that `present` has, near words in part. Nothing wanted: 0. */
export function nearCoverage(wanted: readonly string[], present: ReadonlySet<string>, worthOf: (word: string) => number): number {
  const likeness = nearest(wanted, present);
  let all = 0;
  let found = 0;
  for (const word of wanted) {
    const worth = worthOf(word);
    all += worth;
    found += worth * (likeness.get(word) ?? 0);
  }
  return all === 0 ? 0 : found / all;
}
