/**
 * The text that stands for a chunk when it is embedded: a passage alone often does not name what it is about.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** A passage shorter than this says so little that its vector is mostly its title's. */
const shortCharsMax = 240;

/** Title, headings and text, a line each. */
export function embeddingText(title: string, headingPath: readonly string[], text: string): string {
  return [title, ...headingPath, text].filter(Boolean).join("\n");
}

/**
 * SHA-256, in hex, by which a chunk's vector is known again. The title of a document is left out where there is enough text to
 * go by: a page that gets another title, or the same file under another name, is not embedded a second time.
 */
export function chunkHash(title: string, headingPath: readonly string[], text: string): string {
  const named = text.length < shortCharsMax ? [title] : [];
  return createHash("sha256")
    .update(JSON.stringify([...named, headingPath, text]))
    .digest("hex");
}
