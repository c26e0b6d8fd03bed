/**
 * Reads one document in a child process of its own. For many documents use `createParser`, which keeps its children warm.
 *
 * @module
 */
import type { DocumentInput, ParsedDocument } from "./parsed-document.ts";
import { createParser } from "./parser.ts";

/**
 * A file's bytes in, text blocks out. `timeoutMs` counts from when the child has started, `memoryMb` is the ceiling of its memory.
 * Refuses with `DocumentError`; the child is gone when the promise settles.
 */
export async function parseDocument(
  input: DocumentInput,
  options: { timeoutMs: number; memoryMb: number; signal?: AbortSignal },
): Promise<ParsedDocument> {
  const parser = createParser({ children: 1, timeoutMs: options.timeoutMs, memoryMb: options.memoryMb });
  try {
    return await parser.parse(input, options.signal ? { signal: options.signal } : {});
  } finally {
    await parser.close();
  }
}
