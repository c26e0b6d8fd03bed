/**
 * Collects blocks while a reader walks a document, cleans their text, and stops a document that has no end.
 *
 * @module
 */
import type { Block } from "@axon/contracts/blocks";
import { DocumentError } from "./document-error.ts";
import { blocksMax, charsMax } from "./limits.ts";
import { cleanText, oneLine, tidyLines } from "./text.ts";

/** The growing result of one reader. Blocks without text are dropped; refuses with `too_large` above the limits. */
export class BlockList {
  readonly blocks: Block[] = [];
  chars = 0;

  heading(text: string, level: number, page?: number): void {
    this.#add({ kind: "heading", text: oneLine(cleanText(text)), level: Math.min(6, Math.max(1, level)) }, page);
  }

  paragraph(text: string, page?: number): void {
    this.#add({ kind: "paragraph", text: tidyLines(cleanText(text)) }, page);
  }

  /** `items` are the lines of the list, nested ones already indented by two spaces a level. */
  list(items: readonly string[], page?: number): void {
    const lines = items.map((item) => cleanText(item).trimEnd()).filter((item) => item.trim() !== "");
    this.#add({ kind: "list", text: lines.join("\n") }, page);
  }

  code(text: string, page?: number): void {
    const clean = cleanText(text).replace(/^\n+|\s+$/g, "");
    this.#add({ kind: "code", text: clean }, page);
  }

  /** `rows` are the cells as read, the header row first if there is one; `lines` are what each row says as text, one line a row. */
  table(rows: readonly (readonly string[])[], page?: number, lines?: readonly string[]): void {
    const clean = rows.map((row) => row.map((cell) => oneLine(cleanText(cell)))).filter((row) => row.some((cell) => cell !== ""));
    const text = (lines ?? clean.map((row) => row.join(" | "))).map((line) => oneLine(cleanText(line))).join("\n");
    this.#add({ kind: "table", text, rows: clean }, page);
  }

  #add(block: Block, page: number | undefined): void {
    if (block.text === "") return;
    this.chars += block.text.length;
    if (this.chars > charsMax || this.blocks.length >= blocksMax) {
      throw new DocumentError("too_large", "The file holds more text than one document may have. Please split it into smaller files.");
    }
    this.blocks.push(page === undefined ? block : { ...block, page });
  }
}
