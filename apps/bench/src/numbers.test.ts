import { describe, expect, it } from "vitest";
import { median, quantile, short, table } from "./numbers.ts";

describe("the numbers of a bench", () => {
  it("are quantiles of what was measured, in whatever order it came", () => {
    const values = Array.from({ length: 100 }, (_, at) => ((at * 37) % 100) + 1);
    expect([median(values), quantile(values, 0.95), quantile(values, 1)]).toEqual([51, 96, 100]);
    expect(median([])).toBeNaN();
  });

  it("are told with three digits, and nothing is told where nothing was measured", () => {
    expect([0.01234, 1.234, 12.34, 123.4, 1234, 0, Number.NaN].map(short)).toEqual(["0.0123", "1.23", "12.3", "123", "1234", "0.00", "–"]);
  });

  it("stand under each other", () => {
    expect(
      table(
        ["name", "ms"],
        [
          ["idle", "1.2"],
          ["under load", "12"],
        ],
      ).split("\n"),
    ).toEqual(["name         ms", "----------  ---", "idle        1.2", "under load   12"]);
  });
});
