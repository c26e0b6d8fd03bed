/**
 * What models cost, in US dollars for a million tokens. OpenAI's list prices as they stood in August 2025; they change, and
 * discounts are nobody's business but yours: what you set yourself (`OPENAI_PRICES`) goes first. A reply keeps the price it was
 * reckoned with.
 *
 * @module
 */
import type { TokenPrice } from "../provider.ts";

export type PriceOf = (model: string) => TokenPrice | null;

const listed: Readonly<Record<string, TokenPrice>> = {
  "gpt-4o": { prompt: 2.5, completion: 10 },
  "gpt-4o-mini": { prompt: 0.15, completion: 0.6 },
  "gpt-4.1": { prompt: 2, completion: 8 },
  "gpt-4.1-mini": { prompt: 0.4, completion: 1.6 },
  "gpt-4.1-nano": { prompt: 0.1, completion: 0.4 },
  "gpt-5": { prompt: 1.25, completion: 10 },
  "gpt-5-mini": { prompt: 0.25, completion: 2 },
  "gpt-5-nano": { prompt: 0.05, completion: 0.4 },
  o3: { prompt: 2, completion: 8 },
  "o4-mini": { prompt: 1.1, completion: 4.4 },
};

/** The day that a vendor puts behind a model's name: `gpt-4o-2024-08-06`. */
const dated = /-\d{4}-\d{2}-\d{2}$/;

/**
 * Looks prices up by a model's name, with or without its day. `own` goes before the list; the list counts only where the models
 * are OpenAI's own, `theirs`. Null for a model of unknown price: no price is better than a wrong one.
 */
export function createPrices(own: Readonly<Record<string, TokenPrice>>, { theirs }: { theirs: boolean }): PriceOf {
  const find = (prices: Readonly<Record<string, TokenPrice>>, model: string) => (Object.hasOwn(prices, model) ? prices[model] : undefined);
  return (model) => {
    const plain = model.replace(dated, "");
    return find(own, model) ?? find(own, plain) ?? (theirs ? find(listed, plain) : undefined) ?? null;
  };
}
