import { describe, expect, it } from "vitest";
import { refuseBrokenTexts } from "./whole-texts.ts";

describe("a text that is no text", () => {
  it.each([
    ["\ud800", "(input)"],
    [{ name: "a\udfffb" }, "name"],
    [{ handoff: { message: "\ud83d" } }, "handoff.message"],
    [{ sources: ["fine", "\udc00"] }, "sources.1"],
    [{ "\ud800": 1 }, "(input)"],
  ])("is refused, with its place", (input, place) => {
    expect(() => refuseBrokenTexts(input)).toThrow(
      expect.objectContaining({ reason: "validation", details: { fields: { [place]: expect.any(String) } } }),
    );
  });

  it.each([undefined, null, 1, "", "🙂 whole", { a: ["🙂", { b: "é" }] }])("is not %j", (input) => {
    expect(() => refuseBrokenTexts(input)).not.toThrow();
  });
});
