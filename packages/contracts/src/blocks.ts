/**
 * What a parser makes of a document and a chunker cuts up: blocks in reading order.
 *
 * @module
 */

/** One block. `level` is a heading's (1 = highest), `page` counts from 1, `rows` are a table's cells with the header first. */
export interface Block {
  kind: "heading" | "paragraph" | "list" | "table" | "code";
  text: string;
  level?: number;
  page?: number;
  rows?: string[][];
}
