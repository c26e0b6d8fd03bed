/**
 * What parent and child say to each other over the channel between them.
 *
 * @module
 */
import type { DocumentErrorCode } from "@axon/contracts/knowledge";
import type { DocumentInput, ParsedDocument } from "../parsed-document.ts";

export interface ParseRequest {
  id: number;
  input: DocumentInput;
}

/** `ready` comes once, when the child has loaded; then one answer for each request. `peakBytes` is the child's largest RSS so far. */
export type ChildMessage =
  | { kind: "ready" }
  | { kind: "parsed"; id: number; document: ParsedDocument; peakBytes: number }
  | { kind: "failed"; id: number; code: DocumentErrorCode; message: string; detail: string; peakBytes: number };
