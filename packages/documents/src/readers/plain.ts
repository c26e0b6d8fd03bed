/**
 * Plain text: paragraphs are what empty lines part; lines that look like a list stay a list.
 *
 * @module
 */
import type { BlockList } from "../block-list.ts";

const bullet = /^\s*(?:[-*•‣▪–]|\d{1,3}[.)])\s+\S/;

/** Adds the paragraphs and lists of a text whose lines end in "\n". Form feeds part paragraphs too. */
export function readPlain(text: string, out: BlockList): void {
  for (const part of text.split(/\n[^\S\n]*\n|\f/)) {
    const lines = part.split("\n").filter((line) => line.trim() !== "");
    if (lines.length > 1 && lines.every((line) => bullet.test(line))) out.list(lines);
    else out.paragraph(part);
  }
}
