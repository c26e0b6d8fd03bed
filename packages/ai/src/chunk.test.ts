import type { Block } from "@axon/contracts/blocks";
import { describe, expect, it } from "vitest";
import { chunkBlocks } from "./chunk.ts";

const sentence = (index: number) => `Sentence number ${index} tells one thing about the delivery of parcels to your door.`;
const prose = (count: number): Block => ({
  kind: "paragraph",
  text: Array.from({ length: count }, (_, index) => sentence(index)).join(" "),
});

describe("cutting a document into passages", () => {
  it("cuts between sentences and repeats one sentence", () => {
    const chunks = chunkBlocks("Guide", [prose(40)]);
    expect(chunks.length).toBeGreaterThan(3);
    for (const { text } of chunks) {
      expect(text.length).toBeLessThanOrEqual(1000 + 301);
      expect(text).toMatch(/^Sentence number.*door\.$/s);
    }
    const last = chunks[0]?.text.match(/Sentence number \d+[^.]*\.$/)?.[0];
    expect(last).toBeDefined();
    expect(chunks[1]?.text.startsWith(last ?? "-")).toBe(true);
    for (let index = 0; index < 40; index += 1) expect(chunks.some(({ text }) => text.includes(sentence(index)))).toBe(true);
  });

  it("does not take an abbreviation for a sentence's end", () => {
    const text = `${"Please ask Dr. Miller about it, e.g. by phone, etc. and wait. ".repeat(30)}`;
    for (const chunk of chunkBlocks("x", [{ kind: "paragraph", text }])) expect(chunk.text).not.toMatch(/(Dr|e\.g)\.$/);
  });

  it("keeps headings as a path and never mixes two sections", () => {
    const chunks = chunkBlocks("Handbook", [
      { kind: "heading", level: 1, text: "Handbook" },
      { kind: "heading", level: 2, text: "Returns" },
      { kind: "paragraph", text: "Thirty days." },
      { kind: "heading", level: 3, text: "Abroad" },
      { kind: "paragraph", text: "Sixty days." },
      { kind: "heading", level: 2, text: "Shipping" },
      { kind: "paragraph", text: "Two days." },
    ]);
    expect(chunks.map(({ headingPath, text }) => [headingPath.join(">"), text])).toEqual([
      ["Returns", "Thirty days."],
      ["Returns>Abroad", "Sixty days."],
      ["Shipping", "Two days."],
    ]);
  });

  it("does not lose a heading that has nothing under it", () => {
    const chunks = chunkBlocks("x", [
      { kind: "heading", level: 2, text: "Closed on Mondays" },
      { kind: "heading", level: 2, text: "Open on Sundays" },
    ]);
    expect(chunks.map(({ text }) => text)).toEqual(["Closed on Mondays", "Open on Sundays"]);
  });

  it("keeps each table row whole, with its columns' names", () => {
    const rows = [
      ["Plan", "Price", "Seats"],
      ...Array.from({ length: 60 }, (_, index) => [`Plan ${index}`, `$${index}9`, `${index} seats`]),
    ];
    const chunks = chunkBlocks("Prices", [{ kind: "table", text: "", rows }]);
    expect(chunks.length).toBeGreaterThan(1);
    for (let index = 0; index < 60; index += 1) {
      expect(chunks.some(({ text }) => text.split("\n").includes(`Plan: Plan ${index}; Price: $${index}9; Seats: ${index} seats`))).toBe(
        true,
      );
    }
  });

  it("cuts what no passage could hold, without losing a letter", () => {
    const endless = "abcdefghi ".repeat(1000).trim();
    const blob = "👍".repeat(3000);
    for (const text of [endless, blob]) {
      const chunks = chunkBlocks("x", [{ kind: "paragraph", text }]);
      expect(
        chunks
          .map((chunk) => chunk.text)
          .join("")
          .replaceAll(/\s/g, ""),
      ).toBe(text.replaceAll(/\s/g, ""));
      for (const chunk of chunks) {
        expect(chunk.text.length).toBeLessThanOrEqual(1600);
        expect(chunk.text).not.toMatch(/\p{Surrogate}/u);
      }
    }
  });

  it("gives the same chunks and hashes every time, and other hashes for other text", () => {
    const blocks = [{ kind: "heading", level: 1, text: "A" } as const, prose(30)];
    expect(chunkBlocks("t", blocks)).toEqual(chunkBlocks("t", blocks));
    const hashes = chunkBlocks("t", blocks).map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(chunkBlocks("t", [{ kind: "heading", level: 1, text: "B" }, prose(30)])[0]?.hash).not.toBe(hashes[0]);
  });

  it("says on which page a passage begins", () => {
    const chunks = chunkBlocks("x", [
      { ...prose(8), page: 1 },
      { ...prose(8), page: 2 },
    ]);
    expect(chunks[0]?.page).toBe(1);
    expect(chunks.at(-1)?.page).toBe(2);
    expect(chunks.map(({ ordinal }) => ordinal)).toEqual(chunks.map((_, index) => index));
  });

  it("makes nothing of nothing", () => {
    expect(chunkBlocks("x", [])).toEqual([]);
    expect(
      chunkBlocks("x", [
        { kind: "paragraph", text: " \u0000 " },
        { kind: "table", text: "", rows: [[""]] },
      ]),
    ).toEqual([]);
  });
});
