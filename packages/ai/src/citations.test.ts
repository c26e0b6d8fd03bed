import { describe, expect, it } from "vitest";
import { citedNumbers, createCitationFilter, quoteFor } from "./citations.ts";

function filtered(text: string, passages: number, size: number) {
  const filter = createCitationFilter(passages);
  const shown: string[] = [];
  for (let start = 0; start < text.length; start += size) shown.push(filter.push(text.slice(start, start + size)));
  shown.push(filter.end());
  return { text: shown.join(""), shown, removed: filter.removed() };
}

describe("citations", () => {
  const cases: [string, string, number][] = [
    ["Thirty days [1].", "Thirty days [1].", 0],
    ["Thirty days [4].", "Thirty days.", 1],
    ["Both [1][2], none [0] and [17].", "Both [1][2], none and.", 2],
    ["A list [1, 9, 2].", "A list [1][2].", 1],
    ["See [the page](https://x.test/a[b]) and a[i].", "See [the page](https://x.test/a[b]) and a[i].", 0],
    ["An open end [1", "An open end", 0],
    ["Nothing to cite.", "Nothing to cite.", 0],
    ["[3][1] first", "[1] first", 1],
    ["\n blanks around   \n", "blanks around", 0],
  ];

  it("of passages that were not in the prompt never show, however the text is cut", () => {
    for (const [text, expected, removed] of cases) {
      for (const size of [1, 2, 3, 5, 100]) {
        const result = filtered(text, 2, size);
        expect([text, result.text, result.removed]).toEqual([text, expected, removed]);
      }
    }
  });

  it("are held back only until they are decided", () => {
    const filter = createCitationFilter(2);
    expect(filter.push("Thirty days [")).toBe("Thirty days");
    expect(filter.push("1")).toBe("");
    expect(filter.push("] or")).toBe(" [1] or");
    expect(filter.push(" [see")).toBe(" [see");
  });

  it("are told once each, in the order they come", () => {
    expect(citedNumbers("a [2] b [1][2] c")).toEqual([2, 1]);
  });

  it("quote the sentence that bears out what was said", () => {
    const passage = "We ship worldwide. Returns are accepted within 30 days of purchase. Call us any time.";
    expect(quoteFor("You can return it within 30 days. [1] Call any time. [2]", 1, passage)).toBe(
      "Returns are accepted within 30 days of purchase.",
    );
    expect(quoteFor("[1]", 1, passage)).not.toBe("");
    expect(quoteFor("x [1]", 1, "y".repeat(2000)).length).toBeLessThan(310);
  });
});
