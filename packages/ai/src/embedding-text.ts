/**
 * The text that stands for a chunk when it is embedded: a passage alone often does not name what it is about.
 *
 * @module
 */

/** Title, headings and text, a line each. */
export function embeddingText(title: string, headingPath: readonly string[], text: string): string {
  return [title, ...headingPath, text].filter(Boolean).join("\n");
}
