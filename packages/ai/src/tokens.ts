/**
 * Counting tokens as OpenAI's models do, and how many a model takes. The tables are large, so they are loaded on first use.
 *
 * @module
 */
export type Count = (text: string) => number;
type Encoding = "o200k_base" | "cl100k_base";

/** Above this many characters a text's tail is estimated from its head: merging is slow on text that never ends. */
const exactCharsMax = 100_000;

/** What the chat format adds: to each message, and before the reply. (As OpenAI documents it for its chat models.) */
const tokensPerMessage = 3;
const tokensBeforeReply = 3;

const loading = new Map<Encoding, Promise<Count>>();

/**
 * The counter for a model: exact for OpenAI's and texts of ordinary length; for another vendor's, whose tables we don't
 * have, the current OpenAI table stands in (see `windowOf` for the room that is left for the difference). Text that looks
 * like a control token counts as plain text.
 */
export function tokenCounter(model?: string): Promise<Count> {
  const encoding = encodingOf(model ?? "");
  const known = loading.get(encoding);
  if (known) return known;
  const loaded = (
    encoding === "cl100k_base" ? import("gpt-tokenizer/encoding/cl100k_base") : import("gpt-tokenizer/encoding/o200k_base")
  ).then(({ countTokens }) => countWith((text) => countTokens(text, { disallowedSpecial: new Set<string>() })));
  loading.set(encoding, loaded);
  return loaded;
}

function countWith(exact: Count): Count {
  return (text) => {
    if (text.length <= exactCharsMax) return exact(text);
    return Math.ceil((exact(text.slice(0, exactCharsMax)) * text.length) / exactCharsMax);
  };
}

function encodingOf(model: string): Encoding {
  return /^(?:openai\/)?(?:gpt-4(?!o|\.|-?5)|gpt-3\.5|gpt-35)/u.test(model) ? "cl100k_base" : "o200k_base";
}

/** Tokens of a whole prompt, the chat format included. */
export function countPrompt(messages: readonly { role: string; content: string }[], count: Count): number {
  return messages.reduce((sum, { role, content }) => sum + tokensPerMessage + count(role) + count(content), tokensBeforeReply);
}

/** Context windows by the start of a model's name, longer starts first. Prompt and reply share one. */
const windows: readonly (readonly [RegExp, number])[] = [
  [/^gpt-5/u, 400_000],
  [/^gpt-4\.1/u, 1_047_576],
  [/^(?:gpt-4o|chatgpt-4o|gpt-4-turbo|gpt-4-1106|gpt-4-0125|gpt-4\.5)/u, 128_000],
  [/^gpt-4-32k/u, 32_768],
  [/^gpt-4/u, 8192],
  [/^(?:gpt-3\.5|gpt-35)/u, 16_385],
  [/^o\d/u, 200_000],
  [/^claude/u, 200_000],
  [/^(?:llama-?2|codellama|phi-?[23](?!.*128k)|tinyllama)/u, 4096],
  [/^(?:llama-?3(?!\.)|gemma-?2?(?![34]))/u, 8192],
  [/^(?:mistral-?7b|mixtral|mistral$|qwen)/u, 32_768],
];
const windowTokensDefault = 128_000;
/** Other vendors' tables give other counts; this share of the window is used, so that a prompt of a quarter more tokens still fits. */
const foreignMargin = 0.8;

/** Tokens that prompt and reply may have together. A vendor's path before the name (`openai/gpt-4o`) does not matter. */
export function windowOf(model: string): number {
  const name = model.toLowerCase().slice(model.lastIndexOf("/") + 1);
  const tokens = windows.find(([start]) => start.test(name))?.[1] ?? windowTokensDefault;
  return /^(?:gpt|o\d|chatgpt)/u.test(name) ? tokens : Math.floor(tokens * foreignMargin);
}
