import type { Block } from "@axon/contracts/blocks";
import { describe, expect, it } from "vitest";
import { type ChunkDraft, chunkBlocks } from "./chunk.ts";

/** Numbers that look random and are the same every time. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Documents of 100 paragraphs, of one kind each: how many sentences a paragraph has, and words a sentence. */
const kinds = { lines: [1, 8], short: [3, 14], middling: [5, 16], long: [7, 18] } as const;

function writer(seed: number, [sentencesMax, wordsMax]: readonly [number, number]) {
  const below = numbersFrom(seed);
  const sentence = () => `${Array.from({ length: 4 + below(wordsMax) }, () => `word${below(4000)}`).join(" ")}.`;
  const paragraph = () => Array.from({ length: 1 + below(sentencesMax) }, () => `S${sentence()}`);
  return { below, sentence, paragraph, document: () => Array.from({ length: 100 }, paragraph) };
}

const blocksOf = (paragraphs: readonly (readonly string[])[]): Block[] =>
  paragraphs.map((sentences) => ({ kind: "paragraph", text: sentences.join(" ") }));

/** Hashes of `after` that `before` has not: what has to be embedded. */
const freshOf = (before: readonly ChunkDraft[], after: readonly ChunkDraft[]) => {
  const known = new Set(before.map(({ hash }) => hash));
  return new Set(after.map(({ hash }) => hash).filter((hash) => !known.has(hash))).size;
};

/** One paragraph of a document edited, in one of the ways that there are. */
function edited(paragraphs: readonly (readonly string[])[], { below, sentence, paragraph }: ReturnType<typeof writer>) {
  const after = paragraphs.map((sentences) => [...sentences]);
  const place = below(after.length);
  const target = after[place] ?? [];
  const ways = [
    () => void after.splice(place, 1, paragraph()),
    () => void after.splice(place, 0, paragraph()),
    () => void after.splice(place, 1),
    () => void target.splice(below(target.length), 1, sentence()),
    () => void target.push(sentence()),
    () => void target.splice(0, 1, `Changed ${target[0]}`),
  ];
  ways[below(ways.length)]?.();
  return after;
}

describe.each(Object.entries(kinds))("an edit of one paragraph in a hundred (%s)", (_kind, size) => {
  it("leaves all but three chunks as they were, edit after edit", () => {
    const writing = writer(41, size);
    for (let document = 0; document < 2; document++) {
      let paragraphs = writing.document();
      let before = chunkBlocks("Handbook", blocksOf(paragraphs));
      for (let edit = 0; edit < 25; edit++) {
        paragraphs = edited(paragraphs, writing);
        const after = chunkBlocks("Handbook", blocksOf(paragraphs), before);
        expect(freshOf(before, after), `document ${document}, edit ${edit}`).toBeLessThanOrEqual(3);
        before = after;
      }
      // Nothing is lost and nothing stays that is not there any more.
      const text = paragraphs.flat().join(" ");
      const passages = before.map((one) => one.text.replaceAll("\n", " "));
      expect(passages.filter((passage) => !text.includes(passage))).toEqual([]);
      expect(paragraphs.flat().filter((sentence) => !passages.join(" ").includes(sentence))).toEqual([]);
      const lengths = before.map((chunk) => chunk.text.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(1301);
      // Passages do not crumble under edits: fewer than twice as many as if it were cut anew.
      expect(before.length).toBeLessThan(2 * chunkBlocks("Handbook", blocksOf(paragraphs)).length);
    }
  });

  it("also costs four at most, nearly always, when nobody knows how it was cut before", () => {
    const writing = writer(43, size);
    let many = 0;
    for (let document = 0; document < 40; document++) {
      const paragraphs = writing.document();
      const fresh = freshOf(chunkBlocks("Handbook", blocksOf(paragraphs)), chunkBlocks("Handbook", blocksOf(edited(paragraphs, writing))));
      if (fresh > 4) many += 1;
      expect(fresh).toBeLessThanOrEqual(10);
    }
    expect(many).toBeLessThanOrEqual(4);
  });
});

describe("what was cut before", () => {
  it("is cut the same again when nothing has changed, and cut as ever for a document that it does not belong to", () => {
    const writing = writer(47, kinds.short);
    const [one, other] = [blocksOf(writing.document()), blocksOf(writing.document())];
    const chunks = chunkBlocks("Handbook", one);
    expect(chunkBlocks("Handbook", one, chunks)).toEqual(chunks);
    expect(chunkBlocks("Handbook", other, chunks)).toEqual(chunkBlocks("Handbook", other));
  });

  it("has its hash under another title too, unless it is so short that the title is most of it", () => {
    const writing = writer(53, kinds.long);
    const blocks = blocksOf(writing.document());
    expect(freshOf(chunkBlocks("Handbook", blocks), chunkBlocks("Manual", blocks))).toBe(0);
    const short: Block[] = [{ kind: "paragraph", text: "Yes, for thirty days." }];
    expect(freshOf(chunkBlocks("Can I return it?", short), chunkBlocks("Do you repair?", short))).toBe(1);
  });

  it("takes sixty thousand lines in its stride, even when all of them are alike", () => {
    const text = "The same line again and again.\n".repeat(60_000);
    const started = performance.now();
    const chunks = chunkBlocks("Log", [{ kind: "list", text }]);
    expect(chunks.length).toBeGreaterThan(1500);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
