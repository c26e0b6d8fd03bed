import { describe, expect, it } from "vitest";
import { diffTexts } from "./text-diff.ts";

const side = (parts: ReturnType<typeof diffTexts>, without: "added" | "removed") =>
  parts.flatMap(({ kind, text }) => (kind === without ? [] : text)).join("");

describe("two answers side by side", () => {
  it("differ by the words that differ", () => {
    expect(diffTexts("You have thirty days to return it.", "You have sixty days to return it.")).toEqual([
      { kind: "same", text: "You have " },
      { kind: "removed", text: "thirty " },
      { kind: "added", text: "sixty " },
      { kind: "same", text: "days to return it." },
    ]);
  });

  it("differ by characters where no spaces are written", () => {
    expect(diffTexts("三十天内退货", "六十天内退货")).toEqual([
      { kind: "removed", text: "三" },
      { kind: "added", text: "六" },
      { kind: "same", text: "十天内退货" },
    ]);
  });

  it("are nothing, all new or all gone where one is empty", () => {
    expect(diffTexts("", "")).toEqual([]);
    expect(diffTexts("", "New words.")).toEqual([{ kind: "added", text: "New words." }]);
    expect(diffTexts("Old words.", "")).toEqual([{ kind: "removed", text: "Old words." }]);
    expect(diffTexts("Same.", "Same.")).toEqual([{ kind: "same", text: "Same." }]);
  });

  it("can each be read out of the parts again, whatever they are", () => {
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const text = () => Array.from({ length: next(30) }, () => ["a", "b", " ", "\n", "天", "c. "][next(6)]).join("");
    for (let round = 0; round < 300; round += 1) {
      const [before, after] = [text(), text()];
      const parts = diffTexts(before, after);
      expect([side(parts, "added"), side(parts, "removed")]).toEqual([before, after]);
    }
  });

  it("that are endless are told as one exchange, not compared for ever", () => {
    const [before, after] = ["x ".repeat(30_000), "y ".repeat(30_000)];
    expect(diffTexts(before, after).map(({ kind }) => kind)).toEqual(["removed", "added"]);
  });
});
