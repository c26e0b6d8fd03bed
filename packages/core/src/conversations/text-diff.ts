/**
 * Two texts side by side, word by word: the longest run of words that both have in order, and what stands between.
 *
 * @module
 */
import type { TextPart } from "@axon/contracts/replay";

/** Pairs of words that are compared at most; beyond that the middle is told as one exchange. */
const pairsMax = 4_000_000;

/** The parts in order: joined without the added ones they are `before`, without the removed ones `after`. */
export function diffTexts(before: string, after: string): TextPart[] {
  const [one, other] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < one.length - start && end < other.length - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return joined([
    ...one.slice(0, start).map(same),
    ...middle(one.slice(start, one.length - end), other.slice(start, other.length - end)),
    ...one.slice(one.length - end).map(same),
  ]);
}

/** Words with the spaces behind them; of scripts without spaces each character. */
function wordsOf(text: string): string[] {
  return (
    text.match(
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\s*|\s+|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+\s*/gu,
    ) ?? []
  );
}

const same = (text: string): TextPart => ({ kind: "same", text });
const removed = (text: string): TextPart => ({ kind: "removed", text });
const added = (text: string): TextPart => ({ kind: "added", text });

function middle(one: readonly string[], other: readonly string[]): TextPart[] {
  if (one.length * other.length > pairsMax) return [...one.map(removed), ...other.map(added)];
  const width = other.length + 1;
  // At (row, column): how many words the rests of both texts from there on have in common.
  const common = new Uint32Array((one.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        one[row] === other[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const parts: TextPart[] = [];
  let [row, column] = [0, 0];
  while (row < one.length || column < other.length) {
    const [word, fresh] = [one[row], other[column]];
    if (word !== undefined && word === fresh) {
      parts.push(same(word));
      row += 1;
      column += 1;
    } else if (word !== undefined && (fresh === undefined || at(row + 1, column) >= at(row, column + 1))) {
      parts.push(removed(word));
      row += 1;
    } else if (fresh !== undefined) {
      parts.push(added(fresh));
      column += 1;
    }
  }
  return parts;
}

/** Neighbours of one kind as one part. */
function joined(parts: readonly TextPart[]): TextPart[] {
  const whole: TextPart[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (last?.kind === part.kind) whole[whole.length - 1] = { kind: part.kind, text: last.text + part.text };
    else whole.push(part);
  }
  return whole;
}
