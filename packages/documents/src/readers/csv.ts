/**
 * CSV to one table: finds the delimiter, and says each row with its column names, because a row alone ("30, Tokyo") means nothing to a reader.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import type { BlockList } from "../block-list.ts";
import { DocumentError } from "../document-error.ts";
import { tableColumnsMax, tableRowsMax } from "../limits.ts";

const delimiters = [",", ";", "\t", "|"] as const;
/** Rows that share one block, so that a long file stays readable in parts. */
const rowsPerBlock = 200;

/** Adds the rows as tables of `rowsPerBlock`, each with the header row first. Refuses more than `tableRowsMax` rows with `too_large`. */
export function readCsv(text: string, out: BlockList): void {
  const rows = parseRows(text, sniffDelimiter(text));
  if (rows.length > tableRowsMax) throw new DocumentError("too_large");
  const header = rows[0];
  if (!header) return;
  const headed = looksLikeHeader(rows);
  const body = headed ? rows.slice(1) : rows;
  if (headed && body.length === 0) out.table([header]);
  for (let start = 0; start < body.length; start += rowsPerBlock) {
    const part = body.slice(start, start + rowsPerBlock);
    const lines = part.map((row) => (headed ? named(header, row) : row.filter((cell) => cell !== "").join(" | ")));
    out.table(headed ? [header, ...part] : part, undefined, lines);
  }
}

function named(header: readonly string[], row: readonly string[]): string {
  const cells = row.map((cell, i) => (cell === "" ? "" : header[i] ? `${header[i]}: ${cell}` : cell));
  return cells.filter((cell) => cell !== "").join("; ");
}

function parseRows(text: string, delimiter: string): string[][] {
  const options = {
    delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    to: tableRowsMax + 1,
    max_record_size: 1_000_000,
  };
  try {
    return cut(parse(text, { ...options, relax_quotes: true }));
  } catch {
    // A quote that is never closed swallows the file: read it again with quotes as ordinary signs.
    try {
      return cut(parse(text, { ...options, quote: false }));
    } catch (cause) {
      throw new DocumentError("invalid", undefined, { cause });
    }
  }
}

function cut(rows: string[][]): string[][] {
  return rows.map((row) => row.slice(0, tableColumnsMax)).filter((row) => row.some((cell) => cell !== ""));
}

/** The delimiter that parts the first lines into the most equal number of cells, outside quotes. */
function sniffDelimiter(text: string): string {
  const lines = text
    .slice(0, 64 * 1024)
    .replace(/"(?:[^"]|"")*"/g, "q")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 20);
  let best: string = ",";
  let top = 0;
  for (const delimiter of delimiters) {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const first = counts[0] ?? 0;
    const score = first === 0 ? 0 : (counts.filter((count) => count === first).length / counts.length) * 10 + Math.min(first, 5);
    if (score > top) [best, top] = [delimiter, score];
  }
  return best;
}

/** A first row of names: more than one row, no empty cell, no cell that is a number, and no two the same. */
function looksLikeHeader(rows: readonly (readonly string[])[]): boolean {
  const header = rows[0] ?? [];
  if (header.some((cell) => cell === "" || cell.length > 100 || /^[-+]?[\d.,\s%]+$/.test(cell))) return false;
  return new Set(header).size === header.length;
}
