/**
 * Which of the passages found go into the prompt: above the agent's floor, up to its number, within the token budget.
 *
 * @module
 */
import type { PromptPassage } from "./provider.ts";
import type { RetrievalHit } from "./retrieval.ts";
import { tokenCounter } from "./tokens.ts";

/** Tokens of passages in one prompt. */
export const passageTokensMax = 8000;

export interface Context {
  passages: PromptPassage[];
  /** The hit behind each passage, in the same order. */
  hits: RetrievalHit[];
}

/** The passages of the prompt, numbered from 1 in the order of the hits. One that does not fit makes room for a shorter one. */
export async function chooseContext(hits: readonly RetrievalHit[], retrieval: { topK: number; minScore: number }): Promise<Context> {
  const wanted = hits.filter(({ scores }) => scores.fused >= retrieval.minScore).slice(0, retrieval.topK);
  const count = await counterFor(wanted);
  const chosen: Context = { passages: [], hits: [] };
  let left = passageTokensMax;
  for (const hit of wanted) {
    const tokens = count(rendered(hit));
    if (tokens > left) continue;
    left -= tokens;
    chosen.hits.push(hit);
    chosen.passages.push({ index: chosen.hits.length, title: hit.title, headingPath: hit.headingPath, text: hit.text });
  }
  return chosen;
}

/** A token is at least a byte: when all bytes fit there is nothing to count, and the tables need not be loaded. */
async function counterFor(hits: readonly RetrievalHit[]): Promise<(text: string) => number> {
  const bytes = (text: string) => Buffer.byteLength(text);
  const all = hits.reduce((sum, hit) => sum + bytes(rendered(hit)), 0);
  return all <= passageTokensMax ? bytes : tokenCounter();
}

function rendered({ title, headingPath, text }: RetrievalHit): string {
  return `[00] ${[title, ...headingPath].join(" > ")}\n${text}\n\n`;
}
