/**
 * What goes into reading and what comes out of it.
 *
 * @module
 */
import type { Block } from "@axon/contracts/blocks";

/** A file as it was uploaded. `mime` and `name` are only hints: the bytes decide. */
export interface DocumentInput {
  bytes: Uint8Array;
  mime: string;
  name: string;
}

/** Text in reading order. `chars` counts the text of all blocks in UTF-16 units; `encoding` is set where bytes had to be decoded. */
export interface ParsedDocument {
  title: string | null;
  blocks: Block[];
  pages: number | null;
  chars: number;
  encoding?: string;
}
