/**
 * Counting tokens as the current OpenAI models do. The tables are large, so they are loaded on first use.
 *
 * @module
 */
type Count = (text: string) => number;
let loading: Promise<Count> | undefined;

/** Above this many characters a text's tail is estimated from its head: merging is slow on text that never ends. */
const exactCharsMax = 100_000;

/** The counter: exact for texts of ordinary length. Text that looks like a control token counts as plain text. */
export function tokenCounter(): Promise<Count> {
  loading ??= import("gpt-tokenizer/encoding/o200k_base").then(({ countTokens }) => {
    const exact: Count = (text) => countTokens(text, { disallowedSpecial: new Set<string>() });
    return (text) => {
      if (text.length <= exactCharsMax) return exact(text);
      return Math.ceil((exact(text.slice(0, exactCharsMax)) * text.length) / exactCharsMax);
    };
  });
  return loading;
}
