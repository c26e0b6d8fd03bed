/**
 * Lines to drafts of blocks: rows with cells become tables, large or short lines headings, the rest paragraphs whose lines are joined again.
 *
 * @module
 */
import { joinsWithoutSpace, lastCharacter } from "../text.ts";
import type { Line, Region } from "./reading-order.ts";

/** A block before the document's last touch. `size` is its font height in points, `rows` are set for tables. */
export interface Draft {
  kind: "text" | "list" | "table";
  text: string;
  size: number;
  page: number;
  lines: number;
  rows?: string[][];
}

/** Cells in a row from which on a few rows in sequence are a table. */
const tableCellsMin = 3;
const tableRowsMin = 2;

/** Longest word that is looked for at a line's end. */
const wordCharsMax = 80;

const bullet = /^(?:[•‣▪●○◦∙·*–-]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+\S/;

/** `compounds` are the document's words with a hyphen, `words` its words without: they decide whether a hyphen at a line's end stays. */
export interface Vocabulary {
  compounds: ReadonlySet<string>;
  words: ReadonlySet<string>;
}

/** Drafts of one region in order. */
export function regionDrafts(region: Region, page: number, vocabulary: Vocabulary): Draft[] {
  const drafts: Draft[] = [];
  const pitch = linePitch(region);
  let i = 0;
  while (i < region.length) {
    const end = tableEnd(region, i);
    if (end > i) {
      drafts.push(tableDraft(region.slice(i, end), page));
      i = end;
      continue;
    }
    const start = i++;
    while (i < region.length && tableEnd(region, i) === i && sameParagraph(region, i, start, pitch)) i++;
    drafts.push(textDraft(region.slice(start, i), page, vocabulary));
  }
  return drafts;
}

/** Where the table that begins at `start` ends; `start` when there is none. A row with a wrapped cell may have fewer cells. */
function tableEnd(region: Region, start: number): number {
  let end = start;
  let full = 0;
  for (; end < region.length; end++) {
    const line = region[end];
    const before = region[end - 1];
    if (!line || (before && end > start && line.y - before.y > line.size * 4)) break;
    if (line.cells.length >= tableCellsMin) full++;
    else if (full === 0 || !hasRowSoon(region, end)) break;
  }
  return full >= tableRowsMin ? end : start;
}

function hasRowSoon(region: Region, index: number): boolean {
  const line = region[index];
  const next = region[index + 1];
  if (!line || !next || (line.cells.length === 1 && (line.cells[0]?.text.length ?? 0) > 60)) return false;
  return next.cells.length >= tableCellsMin;
}

function tableDraft(lines: readonly Line[], page: number): Draft {
  const rows = lines.map((line) => line.cells.map((cell) => cell.text.trim()));
  const size = Math.max(...lines.map((line) => line.size));
  return { kind: "table", text: rows.map((row) => row.join(" | ")).join("\n"), size, page, lines: lines.length, rows };
}

/** The usual distance of base lines: the median over neighbours. */
function linePitch(region: Region): number {
  const gaps = region
    .slice(1)
    .map((line, i) => line.y - (region[i]?.y ?? 0))
    .filter((gap) => gap > 0)
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 12;
}

function sameParagraph(region: Region, index: number, start: number, pitch: number): boolean {
  const line = region[index];
  const before = region[index - 1];
  const first = region[start];
  if (!line || !before || !first) return false;
  const size = Math.max(line.size, before.size);
  if (Math.min(line.size, before.size) < size * 0.93 && !isShort(line) && !isShort(before)) return false;
  if (Math.min(line.size, before.size) < size * 0.8) return false;
  const gap = line.y - before.y;
  if (gap > Math.max(pitch, size * 0.9) * 1.45) return false;
  if (bullet.test(lineText(line))) return false;
  // A short line in another font above the text is its heading.
  if (
    index - start === 1 &&
    fontOf(line) !== fontOf(before) &&
    isOneFont(before) &&
    before.x1 - before.x0 < (line.x1 - line.x0) * 0.8 &&
    !isShort(before)
  )
    return false;
  // An indented line begins a paragraph, unless the one above is indented too or this one hangs under a bullet.
  const indent = line.x0 - before.x0;
  const hangs = bullet.test(lineText(first)) || (index - start > 1 && Math.abs(line.x0 - (region[start + 1]?.x0 ?? 0)) < 1);
  return indent <= size * 0.8 || indent > size * 12 || hangs || before.x1 < line.x0;
}

function fontOf(line: Line): string {
  return line.cells.reduce((longest, cell) => (cell.text.length > longest.text.length ? cell : longest)).font;
}

function isOneFont(line: Line): boolean {
  return line.cells.every((cell) => cell.font === line.cells[0]?.font);
}

function isShort(line: Line): boolean {
  return lineText(line).length < 4;
}

function lineText(line: Line): string {
  return line.cells.map((cell) => cell.text.trim()).join(" ");
}

function textDraft(lines: readonly Line[], page: number, vocabulary: Vocabulary): Draft {
  let text = "";
  for (const line of lines) text = joinLines(text, lineText(line), vocabulary);
  const sizes = lines.map((line) => line.size).sort((a, b) => a - b);
  // Turned text is no heading, however large.
  const size = lines[0]?.cells[0]?.turned ? 0 : (sizes[Math.floor(sizes.length / 2)] ?? 0);
  return { kind: bullet.test(text) ? "list" : "text", text, size, page, lines: lines.length };
}

/** Joins a line to the text before it; a word that was parted at the line's end is one word again. */
export function joinLines(text: string, line: string, vocabulary: Vocabulary): string {
  if (text === "") return line;
  const head = /([\p{L}\p{N}'’-]*\p{L})[-\u00AD\u2010]$/u.exec(text.slice(-wordCharsMax));
  const tail = /^[\p{Ll}\p{Lo}][\p{L}'’-]*/u.exec(line)?.[0];
  if (head?.[1] && tail) {
    const compound = `${head[1]}-${tail}`.toLowerCase();
    const whole = `${head[1]}${tail}`.toLowerCase();
    const known = (word: string) => word.length > 2 && vocabulary.words.has(word.toLowerCase());
    const likely = vocabulary.compounds.has(compound) || head[1].includes("-") || head[1].length === 1 || (known(head[1]) && known(tail));
    const keep = !text.endsWith("\u00AD") && !vocabulary.words.has(whole) && likely;
    return `${text.slice(0, -1)}${keep ? "-" : ""}${line}`;
  }
  if (/[-\u2010]$/.test(text) && /^\p{L}/u.test(line) && /[\p{L}\p{N}][-\u2010]$/u.test(text)) return `${text}${line}`;
  return joinsWithoutSpace(text, line) ? text + line : `${text} ${line}`;
}

/** True when a paragraph stopped in the middle of a sentence: it ends without a full stop and the next begins small. */
export function runsOn(before: Draft, after: Draft): boolean {
  if (before.kind === "table" || after.kind !== "text" || Math.abs(before.size - after.size) > before.size * 0.05) return false;
  const last = lastCharacter(before.text);
  return /[\p{Ll}\p{Lo},;\-\u2010\u00AD]/u.test(last) && /^\p{Ll}/u.test(after.text) && before.lines > 1;
}
