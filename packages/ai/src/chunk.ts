/**
 * Cuts a document into passages: by sentence, about 800 characters, one sentence of overlap, under its headings. A
 * sentence, list item or table row is never cut unless it alone is longer than a passage may be. The same blocks always
 * give the same chunks, so that unchanged text is known by its hash.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Block } from "@axon/contracts/blocks";
import { sentencesOf } from "./lexical/sentences.ts";

export interface ChunkDraft {
  /** Place in the document, from 0. */
  ordinal: number;
  /** The headings above it, highest first. */
  headingPath: string[];
  text: string;
  /** Where it begins; null when the format has no pages. */
  page: number | null;
  /** SHA-256, in hex, of headings and text. */
  hash: string;
}

/** A passage is closed when the next piece would take it past this many characters. */
const charsWanted = 800;
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

interface Section {
  headingPath: string[];
  pieces: Piece[];
}

/** The chunks of a document's blocks, in order. A heading that equals the document's title is not repeated in the path. */
export function chunkBlocks(title: string, blocks: readonly Block[]): ChunkDraft[] {
  const drafts: ChunkDraft[] = [];
  for (const { headingPath, pieces } of sectionsOf(title, blocks)) {
    for (const { text, page } of pack(pieces)) {
      const hash = createHash("sha256")
        .update(JSON.stringify([headingPath, text]))
        .digest("hex");
      drafts.push({ ordinal: drafts.length, headingPath, text, page, hash });
    }
  }
  return drafts;
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

function pack(pieces: readonly Piece[]): { text: string; page: number | null }[] {
  const passages: Piece[][] = [];
  let current: Piece[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (current.length > 0 && length + 1 + piece.text.length > charsWanted) {
      passages.push(current);
      const last = current.at(-1);
      const repeat = last?.prose && piece.prose && current.length > 1 && last.text.length <= overlapCharsMax;
      current = repeat && last ? [last] : [];
      length = current[0]?.text.length ?? 0;
    }
    current.push(piece);
    length += piece.text.length + 1;
  }
  if (current.length > 0) passages.push(current);
  return passages.map((passage) => ({
    text: passage.map(({ text, glue }, index) => (index === 0 ? text : glue + text)).join(""),
    page: passage[0]?.page ?? null,
  }));
}

/** PostgreSQL holds no U+0000, and half a surrogate pair is no character. */
function clean(text: string): string {
  return text.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "\uFFFD");
}
