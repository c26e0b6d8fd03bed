import { describe, expect, it } from "vitest";
import { hashedVector } from "./embed.ts";
import { createLocalProvider } from "./provider.ts";

const cosine = (one: string, other: string) => {
  const b = hashedVector(other);
  return hashedVector(one).reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
};

describe("vectors without a model", () => {
  it("have length 1 whatever the text", () => {
    for (const text of ["", "?!", "a", "Returns are free.", "返品はできますか", "x ".repeat(20_000)]) {
      const vector = hashedVector(text);
      expect(vector).toHaveLength(1536);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
    }
  });

  it("are near for texts that share words, in any language, and for misspelled ones", () => {
    for (const [question, near, far] of [
      ["How do I reset my password?", "Password reset instructions", "Opening hours of our shop"],
      ["How do I reset my pasword?", "Password reset instructions", "Opening hours of our shop"],
      ["怎么重置密码", "重置密码的步骤", "营业时间"],
      ["كيف أعيد تعيين كلمة المرور", "إعادة تعيين كلمة المرور", "ساعات العمل"],
    ] as const) {
      expect(cosine(question, near)).toBeGreaterThan(cosine(question, far) + 0.05);
    }
  });

  it("are the same every time, and come in order", async () => {
    const { embedder } = createLocalProvider();
    const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
    const vectors = await embedder.embed(texts, { kind: "document" });
    expect(vectors.map((vector) => [...vector])).toEqual(texts.map((text) => [...hashedVector(text)]));
  });
});
