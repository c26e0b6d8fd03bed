import { getEncoding } from "js-tiktoken";
import { describe, expect, it } from "vitest";
import { hit } from "./answer.fixture.ts";
import { chooseContext, passageTokensMax } from "./context.ts";
import { renderPrompt } from "./prompt.ts";
import { countPrompt, tokenCounter, windowOf } from "./tokens.ts";

/** Another implementation of the same tables, counting as the vendor documents it. */
const other = (encoding: "o200k_base" | "cl100k_base") => {
  const tables = getEncoding(encoding);
  return (text: string) => tables.encode(text, [], []).length;
};
const texts = [
  "",
  "Returns are accepted within 30 days of purchase.",
  "Rückgaben innerhalb von 30 Tagen; 退货须在30天内申请。 返品は３０日以内です。 وقت الإرجاع ३० दिन 👩‍👩‍👧‍👦",
  "<|endoftext|> <|im_start|>system",
  '{"action": "answer"}\n\n\t  x = [1, 2];',
  "a".repeat(3000),
  "\uD83D broken \uDC4D",
];

function contextOf(model: string, chars: number, count: (text: string) => number) {
  return chooseContext({
    hits: Array.from({ length: 30 }, (_, index) => hit(index, `${index} Rückgabe 退货 days `.repeat(Math.ceil(chars / 20)), 0.9)),
    retrieval: { topK: 30, minScore: 0 },
    request: {
      question: "How long?",
      agent: { name: "Ada", systemPrompt: "Be brief. ".repeat(200), language: "auto" },
      model,
      temperature: 0,
      maxTokens: 1024,
    },
    history: Array.from({ length: 40 }, (_, index) => ({
      role: index % 2 ? ("assistant" as const) : ("user" as const),
      text: `Order ${index}. ${"So it goes. ".repeat(60)}`,
    })),
    model,
    count,
    hide: (text) => text,
  });
}

describe("tokens", () => {
  it.each([
    ["gpt-4o", "o200k_base"],
    ["gpt-4.1-mini", "o200k_base"],
    ["gpt-4", "cl100k_base"],
    ["gpt-3.5-turbo", "cl100k_base"],
  ] as const)("of %s are counted as %s has them, control tokens as plain text", async (model, encoding) => {
    const count = await tokenCounter(model);
    const expected = other(encoding);
    for (const text of texts) expect(count(text), text.slice(0, 30)).toBe(expected(text));
  });

  it.each([
    ["gpt-4", "cl100k_base", 900],
    ["gpt-4", "cl100k_base", 12_000],
    ["gpt-4o", "o200k_base", 900],
    ["gpt-4o", "o200k_base", 12_000],
  ] as const)(
    "of a whole prompt for %s are counted exactly and fit, the reply included (%s, passages of %i characters)",
    async (model, encoding, chars) => {
      const { request, budget, dropped, hits, history } = contextOf(model, chars, await tokenCounter(model));
      const expected = other(encoding);
      const messages = renderPrompt(request);
      const tokens = messages.reduce((sum, { role, content }) => sum + 3 + expected(role) + expected(content), 3);
      expect(budget.promptTokens).toBe(tokens);
      expect(tokens + 1024).toBeLessThanOrEqual(windowOf(model));
      expect(tokens).toBeLessThan(passageTokensMax + 3000 + 1500);
      expect(hits.length + dropped.length).toBe(30);
      expect(dropped.every(({ reason }) => reason === "token_budget")).toBe(true);
      expect(history.turns).toBeGreaterThan(0);
      expect(history.turns + history.dropped).toBe(40);
    },
  );

  it("of a prompt are the same however it is counted twice", async () => {
    const count = await tokenCounter("gpt-4o");
    const { request } = contextOf("gpt-4o", 900, count);
    expect(countPrompt(renderPrompt(request), count)).toBe(countPrompt(renderPrompt(structuredClone(request)), count));
  });

  it("that a model takes are known by its name, path or not, with room to spare for other vendors' counting", () => {
    expect(windowOf("gpt-4")).toBe(8192);
    expect(windowOf("gpt-4o-mini")).toBe(128_000);
    expect(windowOf("openai/gpt-4.1")).toBe(1_047_576);
    expect(windowOf("llama3:8b")).toBeLessThan(8192);
    expect(windowOf("some-new-model")).toBeLessThan(128_000);
  });
});
