/**
 * What must not be in an answer whatever the passages say: our own format, the fence around the passages, and the words
 * of the instructions.
 *
 * @module
 */

/** This many words in a row that the instructions have, and neither passages nor customer, are not chance. */
const runWords = 8;
/** The same for scripts that write no blanks, in characters. */
const runCharacters = 16;

export type Leak = "format" | "fence" | "instructions";

export interface LeakWatch {
  /** What the text gives away; null for nothing. */
  find(text: string): Leak | null;
}

const format = /["'“]?action["'”]?\s*:\s*["'“]?(?:answer|handoff)\b|^\s*[{[]\s*"/iu;
const fence = /<\/?passages-|passages-[0-9a-f]{6,}/iu;

/** `instructions`: the whole system prompt. `sayable`: the passages and what the customer wrote. */
export function createLeakWatch(instructions: string, sayable: string): LeakWatch {
  const runs = runsOf(instructions);
  for (const run of runsOf(sayable)) runs.delete(run);
  return {
    find(text) {
      if (fence.test(text)) return "fence";
      if (format.test(text)) return "format";
      for (const run of runsOf(text)) if (runs.has(run)) return "instructions";
      return null;
    },
  };
}

function runsOf(text: string): Set<string> {
  const words =
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const runs = new Set<string>();
  for (let start = 0; start + runWords <= words.length; start += 1) runs.add(words.slice(start, start + runWords).join(" "));
  for (const word of words) {
    for (let start = 0; start + runCharacters <= word.length; start += 1) runs.add(word.slice(start, start + runCharacters));
  }
  return runs;
}
