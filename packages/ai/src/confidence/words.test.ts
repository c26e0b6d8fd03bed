import { describe, expect, it } from "vitest";
import { subjectOf } from "./fillers.ts";
import { nearCoverage } from "./near-words.ts";
import { namesIn, wantsYesOrNo } from "./question-shape.ts";

const same = () => 1;

describe("the words of a question", () => {
  it("count when a text has them, count in part when it has a near one, and not when it has another", () => {
    const text = new Set(["synced", "folder", "price"]);
    expect(nearCoverage(["folder"], text, same)).toBe(1);
    const near = nearCoverage(["sync"], text, same);
    expect(near).toBeGreaterThan(0.4);
    expect(near).toBeLessThan(1);
    expect(nearCoverage(["lawyer"], text, same)).toBe(0);
    expect(nearCoverage(["folder", "lawyer"], text, (word) => (word === "folder" ? 3 : 1))).toBe(0.75);
  });

  it("of one or two letters are themselves or nothing, and no words at all cover nothing", () => {
    expect(nearCoverage(["tv"], new Set(["tvs"]), same)).toBe(0);
    expect(nearCoverage(["tv"], new Set(["tv"]), same)).toBe(1);
    expect(nearCoverage([], new Set(["tv"]), same)).toBe(0);
    expect(nearCoverage(["tv"], new Set(), same)).toBe(0);
  });

  it("leave out what only carries the question, unless there is nothing else", () => {
    expect(subjectOf(["possibl", "refund", "way"])).toContain("refund");
    expect(subjectOf(["way", "refund"])).toEqual(["refund"]);
    expect(subjectOf(["way"])).toEqual(["way"]);
  });

  it("show names by their capitals inside a sentence only", () => {
    expect(namesIn("Does it ship to France? Thanks. Regards")).toEqual(["franc"]);
    expect(namesIn("does it ship to france")).toEqual([]);
  });

  it("show whether a yes or no is wanted", () => {
    expect(wantsYesOrNo("Can I return shoes?")).toBe(true);
    expect(wantsYesOrNo("Cancel my order")).toBe(false);
    expect(wantsYesOrNo("How can I return shoes?")).toBe(false);
  });
});
