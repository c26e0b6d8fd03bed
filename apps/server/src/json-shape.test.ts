import { describe, expect, it } from "vitest";
import { createJsonShape, jsonShapeOf } from "./json-shape.ts";

describe("the shape of a piece of JSON", () => {
  it.each([
    ["1", 0, 1],
    ["{}", 1, 1],
    ["[]", 1, 0],
    ["[ ]", 1, 0],
    ["[1]", 1, 1],
    ['[{"a":[1,2]},{"b":[3,4]}]', 3, 2],
    ['{"a":1,"b":2,"c":[1,2,3]}', 2, 1],
    ['"[[[["', 0, 1],
    ['["\\"[", "]"]', 1, 2],
    ['["\\\\", [1]]', 2, 2],
    ['["€[", "😀]"]', 1, 2],
    [`${"[".repeat(500)}`, 500, 1],
  ])("%s is told as it is", (json, depth, items) => {
    const shape = jsonShapeOf(json);
    expect([shape.depth(), shape.items()]).toEqual([depth, items]);
  });

  it("is the same however the bytes are cut", () => {
    const json = Buffer.from('[{"a":"x\\"]","b":[[1],{"c":"€\\\\"}]},2,"[",{}]');
    const whole = jsonShapeOf(json);
    for (let cut = 0; cut <= json.length; cut++) {
      const shape = createJsonShape();
      shape.read(json.subarray(0, cut));
      shape.read(json.subarray(cut));
      expect([shape.depth(), shape.items()], `cut at ${cut}`).toEqual([whole.depth(), whole.items()]);
    }
  });

  it("is never less deep than what a parser builds of it", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    for (const value of [[], {}, [[{}]], { a: { b: [{ c: "[{" }] } }, [1, "]", [2, [3]]]]) {
      expect(jsonShapeOf(JSON.stringify(value, null, 1)).depth()).toBe(depthOf(value));
    }
  });
});
