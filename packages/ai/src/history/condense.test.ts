import { describe, expect, it } from "vitest";
import { condenseHistory, scopeOf } from "./condense.ts";

const words = (text: string) => text.split(/\s+/u).length;
const user = (text: string) => ({ role: "user" as const, text });
const agent = (text: string) => ({ role: "assistant" as const, text });

describe("a long talk", () => {
  const old = user(
    `Hello again. My order ORD-77123 has not come yet, where is it? I paid 49.90 to Acme Berlin. ${"I am not amused. ".repeat(30)}`,
  );
  const talk = [...Array.from({ length: 9 }, (_, index) => [old, agent(`Reply ${index}.`)]).flat(), user("And now?")];

  it("keeps its last turns whole and of the older ones the question with its numbers, names and codes", () => {
    const { turns, condensed, dropped } = condenseHistory(talk, 10_000, words);
    expect(turns.at(-1)).toEqual(user("And now?"));
    expect(turns.at(-3)).toEqual(old);
    expect(turns[0]?.text).toBe("My order ORD-77123 has not come yet, where is it? (49.9, Acme, Berlin)");
    expect(condensed).toBeGreaterThan(3);
    expect(dropped).toBe(0);
    expect(condenseHistory(talk, 10_000, words)).toEqual({ turns, condensed, dropped });
  });

  it("never has more than it may, and drops the oldest first", () => {
    for (const tokensMax of [0, 5, 30, 100, 300]) {
      const { turns, dropped } = condenseHistory(talk, tokensMax, words);
      expect(turns.reduce((sum, { text }) => sum + words(text) + 4, 0)).toBeLessThanOrEqual(tokensMax);
      expect(turns.length + dropped).toBe(talk.length);
      if (turns.length > 0) expect(turns.at(-1)).toEqual(user("And now?"));
    }
  });

  it("keeps the words that stand for personal data", () => {
    const { turns } = condenseHistory([user(`Where is it? ${"Hm. ".repeat(100)} Mine is [[EMAIL_1]].`), ...talk], 10_000, words);
    expect(turns[0]?.text).toContain("[[EMAIL_1]]");
  });

  it("begins after it was last resolved or handed over", () => {
    const before = [user("Talk to a human!"), { ...agent("I am handing you over."), boundary: true }];
    expect(scopeOf([...before, user("New question")])).toEqual([user("New question")]);
    expect(scopeOf(before)).toEqual([]);
  });
});
