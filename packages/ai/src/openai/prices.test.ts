import { describe, expect, it } from "vitest";
import { createPrices } from "./prices.ts";

describe("the price of a model", () => {
  it("is the vendor's list price, whatever day stands behind the name", () => {
    const priceOf = createPrices({}, { theirs: true });
    expect(priceOf("gpt-4o")).toEqual({ prompt: 2.5, completion: 10 });
    expect(priceOf("gpt-4o-2024-08-06")).toEqual(priceOf("gpt-4o"));
    expect(priceOf("gpt-4o-mini")).not.toEqual(priceOf("gpt-4o"));
  });

  it("is one's own before any other, and nobody's where it is not known", () => {
    const own = { mine: { prompt: 0.2, completion: 0.8 }, "gpt-4o": { prompt: 1, completion: 2 } };
    const priceOf = createPrices(own, { theirs: true });
    expect(priceOf("gpt-4o")).toEqual(own["gpt-4o"]);
    expect(priceOf("mine-2026-01-31")).toEqual(own.mine);
    expect([priceOf("gpt-99"), priceOf("constructor"), priceOf("")]).toEqual([null, null, null]);
  });

  it("of another server's model is not guessed from a name that OpenAI uses too", () => {
    expect(createPrices({}, { theirs: false })("gpt-4o")).toBeNull();
  });
});
