/**
 * Cuts a document into passages: by sentence, between about 350 and 1,000 characters, under its headings, and where a paragraph
 * is cut the sentence before the cut is repeated. A sentence, list item or table row is never cut unless it alone is longer than
 * a passage may be. The same blocks always give the same chunks, and an edit changes those next to it only (`boundaries.ts`),
 * so that unchanged text is known by its hash.
 *
 * @module
 */
import type { Block } from "@axon/contracts/blocks";
import { chunkHash } from "./embedding-text.ts";
import { type KnownPassages, keepRuns } from "./keep-runs.ts";
import { sentencesOf } from "./lexical/sentences.ts";

export interface ChunkDraft {
  /** Place in the document, from 0. */
  ordinal: number;
  /** The headings above it, highest first. */
  headingPath: string[];
  text: string;
  /** Where it begins; null when the format has no pages. */
  page: number | null;
  /** See `chunkHash`. */
  hash: string;
}

/** What pieces are put together up to. What is repeated of the passage before comes on top of it. */
const charsWanted = 1000;
/** A single piece longer than this is cut between words. */
const charsMax = 1600;
/** A last sentence longer than this is not repeated in the next passage. */
const overlapCharsMax = 300;
const headingCharsMax = 200;
const headingsMax = 6;

/** What may not be cut. `glue` stands before it when it follows another in the same passage. */
interface Piece {
  text: string;
  glue: " " | "\n";
  page: number | null;
  /** Only sentences are repeated as overlap. */
  prose: boolean;
}

/** A passage that the document was cut into before. */
export interface Known {
  headingPath: readonly string[];
  text: string;
}

interface Section {
  headingPath: string[];
  pieces: Piece[];
}

/**
 * The chunks of a document's blocks, in order. A heading that equals the document's title is not repeated in the path.
 * `known`, of a document that was cut before, are the passages it had: those that still stand there word for word are kept,
 * and only what lies between them is cut anew.
 */
export function chunkBlocks(title: string, blocks: readonly Block[], known: readonly Known[] = []): ChunkDraft[] {
  const drafts: ChunkDraft[] = [];
  const before = bySection(known);
  for (const { headingPath, pieces } of sectionsOf(title, blocks)) {
    for (const { text, page } of pack(pieces, before.get(sectionKey(headingPath)) ?? null)) {
      drafts.push({ ordinal: drafts.length, headingPath, text, page, hash: chunkHash(title, headingPath, text) });
    }
  }
  return drafts;
}

function bySection(known: readonly Known[]): Map<string, KnownPassages> {
  const sections = new Map<string, KnownPassages>();
  for (const { headingPath, text } of known) {
    const key = sectionKey(headingPath);
    const passages = sections.get(key) ?? { texts: new Set(), lengths: new Set() };
    passages.texts.add(text);
    passages.lengths.add(text.length);
    sections.set(key, passages);
  }
  return sections;
}

function sectionKey(headingPath: readonly string[]): string {
  return JSON.stringify(headingPath);
}

function sectionsOf(title: string, blocks: readonly Block[]): Section[] {
  const sections: Section[] = [{ headingPath: [], pieces: [] }];
  let open: { level: number; text: string }[] = [];
  let lone: Block | null = null;
  const keepLone = (nextLevel: number) => {
    // A heading with nothing under it is a statement of its own.
    if (lone && (lone.level ?? 1) >= nextLevel) sections.at(-1)?.pieces.push(...piecesOf({ ...lone, kind: "paragraph" }));
    lone = null;
  };
  for (const block of blocks) {
    if (block.kind !== "heading") {
      const pieces = piecesOf(block);
      if (pieces.length > 0) lone = null;
      sections.at(-1)?.pieces.push(...pieces);
      continue;
    }
    const text = clean(block.text).replace(/\s+/gu, " ").trim().slice(0, headingCharsMax);
    if (!text) continue;
    const level = block.level ?? 1;
    keepLone(level);
    open = [...open.filter((heading) => heading.level < level), { level, text }].slice(-headingsMax);
    lone = block;
    sections.push({ headingPath: open.map((heading) => heading.text).filter((heading) => heading !== title.trim()), pieces: [] });
  }
  keepLone(0);
  return sections.filter(({ pieces }) => pieces.length > 0);
}

function piecesOf(block: Block): Piece[] {
  const page = block.page ?? null;
  const lines = (texts: readonly string[]): Piece[] =>
    texts.filter((text) => text.trim()).map((text) => ({ text, glue: "\n", page, prose: false }));
  if (block.kind === "table" && block.rows && block.rows.length > 0) return lines(rowsOf(block.rows)).flatMap(cut);
  const text = clean(block.text);
  if (block.kind === "code") return lines([text.replace(/^\n+|\s+$/gu, "")]).flatMap(cut);
  if (block.kind === "paragraph") {
    return sentencesOf(text)
      .map((sentence, index): Piece => ({ text: sentence, glue: index === 0 ? "\n" : " ", page, prose: true }))
      .flatMap(cut);
  }
  return lines(text.split("\n").map((line) => line.trimEnd())).flatMap(cut);
}

/** Each row as one line that can stand alone: every cell with its column's name. */
function rowsOf(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => clean(cell).replace(/\s+/gu, " ").trim()));
  const [header = [], ...body] = cells;
  if (body.length === 0) return [header.filter(Boolean).join(" | ")];
  return body.map((row) =>
    row
      .map((cell, column) => (cell && header[column] ? `${header[column]}: ${cell}` : cell))
      .filter(Boolean)
      .join("; "),
  );
}

/** A piece as it is, or in parts of at most `charsMax`, cut between lines or words where there are any. */
function cut(piece: Piece): Piece[] {
  const parts: Piece[] = [];
  let rest = piece.text;
  while (rest.length > charsMax) {
    const head = rest.slice(0, charsMax);
    const line = head.lastIndexOf("\n");
    const word = head.search(/\s\S*$/u);
    let end = line > charsMax / 2 ? line : word > charsMax / 2 ? word : charsMax;
    if (end === charsMax && /[\uD800-\uDBFF]/.test(head.charAt(end - 1))) end -= 1;
    parts.push({ ...piece, text: rest.slice(0, end).trimEnd(), glue: parts.length === 0 ? piece.glue : " ", prose: false });
    rest = rest.slice(end).replace(/^\s+/u, "");
  }
  if (rest) parts.push({ ...piece, text: rest, prose: piece.prose && parts.length === 0 });
  return parts;
}

function pack(pieces: readonly Piece[], known: KnownPassages | null): { text: string; page: number | null }[] {
  const sized = pieces.map(({ text, glue }) => ({ text, begins: glue === "\n" }));
  const runs = keepRuns(sized, {
    charsMax: charsWanted,
    known,
    textOf: (from, to) => passageText(pieces, from, to),
    textCharsMax: Math.max(charsWanted, charsMax) + 1 + overlapCharsMax,
  });
  return runs.map(({ from, to }) => ({ text: passageText(pieces, from, to), page: pieces[from]?.page ?? null }));
}

/** The pieces as one text, with the sentence before them when they begin in the middle of a paragraph. */
function passageText(pieces: readonly Piece[], from: number, to: number): string {
  const [before, first] = [pieces[from - 1], pieces[from]];
  const repeats = before?.prose && first?.prose && first.glue === " " && before.text.length <= overlapCharsMax;
  const parts = repeats ? [before.text, first.glue] : [];
  for (let index = from; index < to; index++) {
    const piece = pieces[index];
    if (piece) parts.push(...(index === from ? [piece.text] : [piece.glue, piece.text]));
  }
  return parts.join("");
}

/** PostgreSQL holds no U+0000, and half a surrogate pair is no character. */
function clean(text: string): string {
  return text.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "\uFFFD");
}
